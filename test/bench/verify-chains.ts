import { createHash } from 'node:crypto';
import {
  createKey,
  type KeyKind,
  layout,
  link,
  linkFileName,
  type SigningKey,
  signDsse,
  signMetablock,
} from '../support/supply-chain.js';

/** A signed supply chain of three steps that hand on `artifacts` files each. */
export interface BenchChain {
  readonly container: 'metablock' | 'dsse';
  readonly key: SigningKey;
  readonly layout: Buffer;
  readonly links: ReadonlyMap<string, Buffer>;
}

export function benchChain(container: 'metablock' | 'dsse', kind: KeyKind, artifacts: number): BenchChain {
  const key = createKey(kind);
  const sign = container === 'dsse' ? signDsse : signMetablock;
  const sources = files('src', artifacts);
  const objects = files('build', artifacts);
  const image = { 'image.tar': 'image' };
  const policy = layout()
    .step('clone', { by: key, products: ['CREATE src/*', 'DISALLOW *'] })
    .step('build', {
      by: key,
      materials: ['MATCH src/* WITH PRODUCTS FROM clone', 'DISALLOW *'],
      products: ['CREATE build/*', 'DISALLOW *'],
    })
    .step('package', {
      by: key,
      materials: ['MATCH build/* WITH PRODUCTS FROM build', 'DISALLOW *'],
      products: ['CREATE image.tar', 'DISALLOW *'],
    });
  const links = [
    link('clone', { products: sources }),
    link('build', { materials: sources, products: objects }),
    link('package', { materials: objects, products: image }),
  ];
  return {
    container,
    key,
    layout: sign(policy.toPayload(), key),
    links: new Map(links.map((payload) => [linkFileName(String(payload.name), key), sign(payload, key)])),
  };
}

/** Paths of ordinary length, contents that differ. */
function files(directory: string, count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => {
      const module = createHash('md5').update(String(i)).digest('hex').slice(0, 8);
      return [`${directory}/module-${module}/file-${i}.c`, `${directory} ${i}`];
    }),
  );
}
