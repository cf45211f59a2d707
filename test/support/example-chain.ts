import {
  type Contents,
  createKey,
  layout,
  link,
  linkFileName,
  type SigningKey,
  sha256Hex,
  signDsse,
  signMetablock,
} from './supply-chain.js';

export interface SignedLink {
  readonly step: string;
  readonly key: SigningKey;
  readonly fileName: string;
  readonly bytes: Buffer;
}

/** A small web application from its sources to its image, signed in full and sound in every step. */
export interface ExampleChain {
  readonly owner: SigningKey;
  readonly functionaries: Readonly<Record<'alice' | 'bob' | 'carol', SigningKey>>;
  readonly layout: Buffer;
  readonly links: readonly SignedLink[];
  /** `sha256:<hex>` of the image that the last step wrote. */
  readonly imageDigest: string;
}

export interface ExampleOptions {
  readonly container?: 'metablock' | 'dsse';
  /** Another seed, another set of keys and another image. */
  readonly seed?: string;
  /** How many source files the first step hands on. */
  readonly sources?: number;
  readonly expires?: string;
}

/** Alice tags the sources, Bob builds, Bob and Carol both test, Carol packages. */
export function exampleChain(options: ExampleOptions = {}): ExampleChain {
  const {
    container = 'metablock',
    seed = 'example',
    sources = 3,
    expires = '2099-12-31T23:59:59Z',
  } = options;
  const sign = container === 'dsse' ? signDsse : signMetablock;
  const [owner, alice, bob, carol] = ['owner', 'alice', 'bob', 'carol'].map((name) =>
    createKey('ed25519', { seed: `${seed} ${name}` }),
  ) as [SigningKey, SigningKey, SigningKey, SigningKey];

  const source = sourceFiles(sources, seed);
  const app = { 'bin/app': `application of ${seed}` };
  const image = { 'image.tar': `image of ${seed}` };
  const report = { 'report.txt': 'all tests passed' };

  const policy = layout({ expires, readme: 'From source to image' })
    .step('tag', { by: alice, command: 'git tag', products: ['CREATE src/*', 'DISALLOW *'] })
    .step('build', {
      by: bob,
      command: 'make',
      materials: ['MATCH src/* WITH PRODUCTS FROM tag', 'DISALLOW *'],
      products: ['CREATE bin/app', 'ALLOW src/*', 'DISALLOW *'],
    })
    .step('test', {
      by: [bob, carol],
      threshold: 2,
      command: 'make test',
      materials: ['MATCH bin/app WITH PRODUCTS FROM build', 'DISALLOW *'],
      products: ['CREATE report.txt', 'ALLOW bin/app', 'DISALLOW *'],
    })
    .step('package', {
      by: carol,
      command: 'docker build .',
      materials: ['MATCH bin/app WITH PRODUCTS FROM build', 'DISALLOW *'],
      products: ['CREATE image.tar', 'ALLOW bin/app', 'DISALLOW *'],
    });

  const signedLink = (
    step: string,
    key: SigningKey,
    command: string,
    materials: Contents,
    products: Contents,
  ) => ({
    step,
    key,
    fileName: linkFileName(step, key),
    bytes: sign(link(step, { command, materials, products }), key),
  });

  return {
    owner,
    functionaries: { alice, bob, carol },
    layout: sign(policy.toPayload(), owner),
    links: [
      signedLink('tag', alice, 'git tag', {}, source),
      signedLink('build', bob, 'make', source, { ...source, ...app }),
      signedLink('test', bob, 'make test', app, { ...app, ...report }),
      signedLink('test', carol, 'make test', app, { ...app, ...report }),
      signedLink('package', carol, 'docker build .', app, { ...app, ...image }),
    ],
    imageDigest: `sha256:${sha256Hex(image['image.tar'])}`,
  };
}

function sourceFiles(count: number, seed: string): Contents {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`src/file-${i}.c`, `source ${i} of ${seed}`]),
  );
}
