import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.js';
import type { ComponentName } from './components.js';
import { execute } from './execute.js';

/** One of the in-toto project's own command line tools, with one of the formats that it writes. */
export interface ReferenceClient {
  readonly title: string;
  readonly component: ComponentName;
  readonly dsse: boolean;
  /** Writes a private Ed25519 key to `path` and its public half to `path.pub`, as this client likes to have them. */
  createKey(path: string): Promise<void>;
  /** Signs the layout described by `order` and returns the owner's public key object. */
  signLayout(order: LayoutOrder): Promise<PublicKey>;
  runStep(step: StepRun): Promise<void>;
  /** The client's own verdict; rejects with what it says. */
  verify(order: { layout: string; owner: string; links: string; cwd: string }): Promise<void>;
}

export interface LayoutOrder {
  readonly out: string;
  readonly owner: string;
  readonly functionaries: Readonly<Record<string, string>>;
  readonly steps: readonly {
    readonly name: string;
    readonly functionary: string;
    readonly expected_materials: readonly (readonly string[])[];
    readonly expected_products: readonly (readonly string[])[];
  }[];
}

export interface StepRun {
  readonly name: string;
  readonly key: string;
  readonly materials: readonly string[];
  readonly products: readonly string[];
  readonly command: string;
  readonly cwd: string;
  readonly links: string;
}

export interface PublicKey {
  readonly keyid: string;
  readonly keytype: string;
  readonly scheme: string;
  readonly keyval: { readonly public: string };
}

/** The Python interpreter with in-toto 2.2.0, which verdicts are compared with. */
export function referencePython(): string {
  return process.env.CUSTODY_PYTHON ?? cached('reference-2.2.0/bin/python');
}

const SCRIPTS = join(import.meta.dirname, '..', 'reference-clients');

const debian: ReferenceClient = {
  title: 'in-toto 1.3.1',
  component: 'reference-1.3.1',
  dsse: false,
  createKey: async (path) => void (await execute('/usr/bin/in-toto-keygen', ['-t', 'ed25519', path])),
  signLayout: (order) => signWith('/usr/bin/python3', 'layout_1_3_1.py', order),
  runStep: (step) => runWith('/usr/bin/in-toto-run', ['--key', step.key, '--key-type', 'ed25519'], step),
  verify: async ({ layout, owner, links, cwd }) => {
    const keys = ['--layout-keys', `${owner}.pub`, '--key-types', 'ed25519'];
    await execute('/usr/bin/in-toto-verify', ['--layout', layout, ...keys, '--link-dir', links], { cwd });
  },
};

const newest = (dsse: boolean): ReferenceClient => ({
  title: `in-toto 3.x, ${dsse ? 'DSSE' : 'Metablock'}`,
  component: 'reference-3.x',
  dsse,
  // It reads keys in standard formats and makes none.
  createKey: async (path) => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    await writeFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    await writeFile(`${path}.pub`, publicKey.export({ type: 'spki', format: 'pem' }));
  },
  signLayout: (order) => signWith(cached('reference-3.x/bin/python'), 'layout_3.py', { ...order, dsse }),
  runStep: (step) =>
    runWith(
      cached('reference-3.x/bin/in-toto-run'),
      ['--signing-key', step.key, ...(dsse ? ['--use-dsse'] : [])],
      step,
    ),
  verify: async ({ layout, owner, links, cwd }) => {
    const keys = ['--verification-keys', `${owner}.pub`];
    const program = cached('reference-3.x/bin/in-toto-verify');
    await execute(program, ['--layout', layout, ...keys, '--link-dir', links], { cwd });
  },
});

export const REFERENCE_CLIENTS: readonly ReferenceClient[] = [debian, newest(false), newest(true)];

async function signWith(
  python: string,
  script: string,
  order: LayoutOrder & { dsse?: boolean },
): Promise<PublicKey> {
  const output = await execute(python, [join(SCRIPTS, script)], { input: JSON.stringify(order) });
  return JSON.parse(output) as PublicKey;
}

async function runWith(program: string, key: string[], step: StepRun): Promise<void> {
  const { name, materials, products, command, cwd, links } = step;
  const artifacts = [
    ...(materials.length > 0 ? ['--materials', ...materials] : []),
    ...(products.length > 0 ? ['--products', ...products] : []),
  ];
  const options = ['--step-name', name, ...key, ...artifacts, '--metadata-directory', links];
  await execute(program, [...options, '--', 'sh', '-c', command], { cwd });
}
