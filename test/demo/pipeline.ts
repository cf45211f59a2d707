import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import {
  createKey,
  layout,
  link,
  linkFileName,
  type SigningKey,
  sha256Hex,
  signMetablock,
} from '../support/supply-chain.js';

/** The people of the story, and the layout that the owner signs: the pipeline of the in-toto tutorials. */
export interface Cast {
  readonly owner: SigningKey;
  readonly builder: SigningKey;
  readonly scanner: SigningKey;
}

export function makeKeys(): Cast {
  return { owner: createKey('ed25519'), builder: createKey('ed25519'), scanner: createKey('ed25519') };
}

export function signLayout({ owner, builder, scanner }: Cast, expires: Date): Buffer {
  const sources = ['Dockerfile', 'src/*', 'requirements.txt'];
  const policy = layout({
    expires: `${expires.toISOString().slice(0, 19)}Z`,
    readme: 'From source to a scanned image',
  })
    .step('checkout', {
      by: builder,
      command: COMMANDS.checkout,
      materials: ['DISALLOW *'],
      products: [...sources.map((path) => `CREATE ${path}`), 'DISALLOW *'],
    })
    .step('build', {
      by: builder,
      command: COMMANDS.build,
      materials: [...sources.map((path) => `MATCH ${path} WITH PRODUCTS FROM checkout`), 'DISALLOW *'],
      products: ['CREATE image-digest.txt', ...sources.map((path) => `ALLOW ${path}`), 'DISALLOW *'],
    })
    .step('scan', {
      by: scanner,
      command: COMMANDS.scan,
      materials: ['MATCH image-digest.txt WITH PRODUCTS FROM build', 'DISALLOW *'],
      products: [
        'CREATE vulnerability-report.json',
        'CREATE sbom.json',
        'ALLOW image-digest.txt',
        'DISALLOW *',
      ],
    });
  return signMetablock(policy.toPayload(), owner);
}

const COMMANDS = {
  checkout: 'git clone https://git.example/acme/web .',
  build: 'make image',
  scan: 'scan image',
};

type Contents = Readonly<Record<string, string>>;

/** One execution of the pipeline in a directory of its own: every step changes real files, and is recorded as they are. */
export class Workspace {
  constructor(
    readonly directory: string,
    private readonly cast: Cast,
  ) {}

  /** Fetches the sources, as a version control system would. */
  async checkout(version: string): Promise<string> {
    return this.step('checkout', this.cast.builder, [], {
      Dockerfile: 'FROM scratch\nCOPY src /app\n',
      'requirements.txt': 'flask==3.1.0\n',
      'src/app.py': `print("hello from ${version}")\n`,
    });
  }

  /** Builds the image. What stands for it here is the digest of everything that goes into it. */
  async build(): Promise<{ file: string; digest: string }> {
    const sources = await this.contents(SOURCES);
    const digest = `sha256:${sha256Hex(JSON.stringify(sources))}`;
    const file = await this.step('build', this.cast.builder, SOURCES, { 'image-digest.txt': `${digest}\n` });
    return { file, digest };
  }

  async scan(): Promise<string> {
    return this.step('scan', this.cast.scanner, ['image-digest.txt'], {
      'vulnerability-report.json': '{"Results":[]}\n',
      'sbom.json': '{"bomFormat":"CycloneDX","components":[]}\n',
    });
  }

  /** Somebody changes a source file between two steps. */
  async tamper(path: string, content: string): Promise<void> {
    await this.write({ [path]: content });
  }

  /** Records what is there, makes the products, records again, signs the link, and leaves it as a file. */
  private async step(
    name: keyof typeof COMMANDS,
    key: SigningKey,
    inputs: readonly string[],
    makes: Contents,
  ): Promise<string> {
    const materials = await this.contents(inputs);
    await this.write(makes);
    const products = { ...(await this.contents(inputs)), ...makes };
    const file = join(this.directory, linkFileName(name, key));
    await writeFile(file, signMetablock(link(name, { materials, products, command: COMMANDS[name] }), key));
    return file;
  }

  private async write(files: Contents): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      const target = join(this.directory, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
    }
  }

  private async contents(selected: readonly string[]): Promise<Contents> {
    const entries = await readdir(this.directory, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .filter((path) => selected.some((name) => path === name || path.startsWith(`${name}/`)));
    return Object.fromEntries(
      await Promise.all(
        paths.sort().map(async (path) => [path, await readFile(join(this.directory, path), 'utf8')]),
      ),
    );
  }
}

const SOURCES = ['Dockerfile', 'requirements.txt', 'src'];
