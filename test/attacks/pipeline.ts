import {
  type Contents,
  createKey,
  type LayoutBuilder,
  layout,
  link,
  type SigningKey,
  sha256Hex,
  signMetablock,
} from '../support/supply-chain.js';

const key = (name: string): SigningKey => createKey('ed25519', { seed: `attacks ${name}` });

/** Who is who: Alice checks out, Bob builds, Carol scans, Dave may stand in where a story says so, Mallory may nothing. */
export const owner = key('owner');
export const alice = key('alice');
export const bob = key('bob');
export const carol = key('carol');
export const dave = key('dave');
export const mallory = key('mallory');

export type StepName = 'checkout' | 'build' | 'scan';

/** The policy of most stories: each step takes exactly what the step before it made. */
export function policy(options: { expires?: string; readme?: string } = {}): LayoutBuilder {
  return layout(options)
    .step('checkout', { by: alice, materials: ['DISALLOW *'], products: ['CREATE src/*', 'DISALLOW *'] })
    .step('build', {
      by: bob,
      materials: ['MATCH src/* WITH PRODUCTS FROM checkout', 'DISALLOW *'],
      products: ['CREATE image-digest.txt', 'MATCH src/* WITH PRODUCTS FROM checkout', 'DISALLOW *'],
    })
    .step('scan', {
      by: carol,
      materials: ['MATCH image-digest.txt WITH PRODUCTS FROM build', 'DISALLOW *'],
      products: ['CREATE report.json', 'DISALLOW *'],
    });
}

export const signedPolicy = (options: Parameters<typeof policy>[0] = {}): Buffer =>
  signMetablock(policy(options).toPayload(), owner);

export interface BuildOptions {
  /** The image, where another build made the same. */
  readonly image?: string;
  /** Of a repeated job that leaves another record of the same work. */
  readonly note?: string;
}

/** One execution of the pipeline, with every link that its functionaries signed. */
export class Build {
  readonly sources: Contents;
  readonly digest: string;
  readonly digestFile: Contents;

  constructor(
    readonly name: string,
    readonly options: BuildOptions = {},
  ) {
    this.sources = { 'src/main.c': `main of ${options.image ?? name}`, 'src/lib.c': 'a file of every build' };
    this.digest = digestOf(options.image ?? name);
    this.digestFile = { 'image-digest.txt': `${this.digest}\n` };
  }

  get links(): readonly Buffer[] {
    return [this.link('checkout'), this.link('build'), this.link('scan')];
  }

  link(step: StepName): Buffer {
    switch (step) {
      case 'checkout':
        return this.sign(step, alice, {}, this.sources);
      case 'build':
        return this.sign(step, bob, this.sources, { ...this.sources, ...this.digestFile });
      case 'scan':
        return this.sign(step, carol, this.digestFile, { 'report.json': 'no findings' });
    }
  }

  /** A scan that found something: it leaves a file that the layout disallows. */
  failingScan(): Buffer {
    return this.sign('scan', carol, this.digestFile, {
      'report.json': 'one finding',
      'critical.txt': 'CVE-2026-0001',
    });
  }

  sign(step: string, by: SigningKey, materials: Contents, products: Contents): Buffer {
    const byproducts = { 'return-value': 0, stdout: this.options.note ?? this.name, stderr: '' };
    return signMetablock(link(step, { materials, products, byproducts }), by);
  }
}

/** The digest of an image, as tools print it. */
export function digestOf(image: string): string {
  return `sha256:${sha256Hex(`image of ${image}`)}`;
}

export function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}
