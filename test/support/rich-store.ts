import { expect } from 'vitest';
import { expectStatus } from './client.js';
import { type ExampleChain, exampleChain } from './example-chain.js';
import type { Service } from './service.js';
import { layout, link, sha256Hex, signDsse, signMetablock } from './supply-chain.js';

export interface RichStore {
  /** Digests that were declared or posted, by chain: known without anybody asking. */
  readonly digests: readonly { readonly chain: string; readonly digest: string }[];
  /** A digest that only a question made known. */
  readonly asked: { readonly chain: string; readonly digest: string };
}

/**
 * Everything that a store may hold: two chains, runs with repeated jobs, links without a run, forged ones, images, and what
 * two principals have posted both.
 */
export async function fillStore({ operator }: Service): Promise<RichStore> {
  const [web, shop] = [exampleChain({ seed: 'web' }), exampleChain({ seed: 'shop', container: 'dsse' })];
  await operator.found('acme/web', web);
  await operator.createChain('acme/shop', shop.owner);

  // Posted before anybody says who may sign them.
  for (const { bytes } of shop.links) await operator.postLink(bytes, { chain: 'acme/shop' });
  await operator.postLayout('acme/shop', shop.layout);
  const { keyid } = shop.functionaries.alice;
  const reason = { reason: 'lost her laptop' };
  expectStatus(await operator.post(`/keys/${keyid}/suspend?chain=acme/shop`, reason), 200);

  await operator.postRun(web, { chain: 'acme/web', run: '7', subject: web.imageDigest });
  await repeatTests(operator, web);
  await operator.postLink(web.links[0]?.bytes ?? Buffer.alloc(0), { chain: 'acme/web', run: 'another' });
  const forged = signMetablock(
    link('build', { products: { 'image.tar': 'image of web' } }),
    web.functionaries.alice,
  );
  await operator.postLink(forged, { chain: 'acme/web', run: '7' });
  await operator.postLink(forged, { chain: 'acme/web' });
  const declared = `sha256:${sha256Hex('never built')}`;
  await operator.postLink(signDsse(link('tag'), web.functionaries.alice), {
    chain: 'acme/web',
    run: '8',
    subject: declared,
  });

  const manifest = imageManifest(shop.imageDigest);
  await operator.post('/subjects/manifests?chain=acme/shop', manifest);
  const scanner = operator.as(await operator.createToken(['ingest'], undefined, { principal: 'scanner' }));
  await scanner.post('/subjects/manifests?chain=acme/shop', manifest);
  for (const { bytes } of shop.links) await scanner.postLink(bytes, { chain: 'acme/shop' });
  for (const { bytes } of web.links) {
    await scanner.postLink(bytes, { chain: 'acme/web', run: '7', subject: web.imageDigest });
  }
  await operator.call('/chains/settings?chain=acme/web', {
    method: 'PUT',
    body: JSON.stringify({ conflict: 'any', maxAge: { tag: 86_400 } }),
  });
  await operator.postLayout('acme/web', renewed(web));
  return {
    digests: [
      { chain: 'acme/web', digest: web.imageDigest },
      { chain: 'acme/web', digest: declared },
      { chain: 'acme/shop', digest: `sha256:${sha256Hex(manifest)}` },
    ],
    asked: { chain: 'acme/shop', digest: shop.imageDigest },
  };
}

async function repeatTests(
  operator: Service['operator'],
  { links, functionaries }: ExampleChain,
): Promise<void> {
  const [, build, test] = links.map(({ bytes }) => bytes);
  const again = signMetablock(
    link('test', { materials: { 'bin/app': 'application of web' }, products: { 'report.txt': 'again' } }),
    functionaries.bob,
  );
  for (const bytes of [again, build ?? '', test ?? '']) {
    await operator.post('/links?chain=acme/web&run=7&attempt=2', bytes);
  }
}

/** The same policy with another date. */
function renewed({ owner, functionaries: { alice, bob, carol } }: ExampleChain): Buffer {
  const steps = layout({ expires: '2098-12-31T23:59:59Z', readme: 'renewed' })
    .step('tag', { by: alice })
    .step('build', { by: bob, materials: ['MATCH src/* WITH PRODUCTS FROM tag', 'ALLOW *'] })
    .step('package', { by: carol, materials: ['MATCH bin/app WITH PRODUCTS FROM build', 'ALLOW *'] });
  return signMetablock(steps.toPayload(), owner);
}

function imageManifest(config: string): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', size: 2, digest: config },
    layers: [],
  });
}

/** Every digest was asked for and has its verdict, and nothing is under way any more. */
export async function settled(
  { operator, query }: Pick<Service, 'operator' | 'query'>,
  { digests, asked }: RichStore,
): Promise<void> {
  const all = [...digests, asked];
  for (const { chain, digest } of all) {
    await operator.verdict(digest, chain);
  }
  await expect
    .poll(
      async () => {
        const waiting = await query('select 1 from verification_mark');
        const verified = await query('select distinct subject from verdict');
        return waiting.length === 0 && verified.length === all.length;
      },
      { timeout: 30_000 },
    )
    .toBe(true);
}
