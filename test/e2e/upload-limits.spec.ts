import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonValue } from '#in-toto/index.js';
import { UPLOAD_LIMITS } from '#platform/upload-limits.js';
import type { Client } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';
import { createKey, layout, link, signDsse, signMetablock } from '../support/supply-chain.js';
import { signRoot } from '../support/trust-root.js';

const CHAIN = 'acme/web';
const { owner, functionaries, ...example } = exampleChain();
const { bob } = functionaries;
const { signatures, signaturesOfAKey, keyidCharacters, linkArtifacts, layoutKeys, depth } = UPLOAD_LIMITS;

const MIB = 1024 * 1024;
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const files = (count: number) =>
  Object.fromEntries(times(count, (i) => [`f${i}`, { sha256: i.toString(16).padStart(64, '0') }]));
const nested = (levels: number): JsonValue => (levels === 0 ? 0 : [nested(levels - 1)]);
/** A file as somebody posts it who signs nothing. */
const unsigned = (signed: object, ...others: { keyid: string; sig: string }[]) =>
  Buffer.from(JSON.stringify({ signed, signatures: others }));
const named = (keyid: string) => ({ keyid, sig: '00' });
const strangers = (count: number) => times(count, (i) => named(`stranger ${i}`));
/** JSON of a link whose byproducts are a list of these. */
const filled = (item: string) => {
  const [before = '', after = ''] = JSON.stringify({
    signed: { ...link('build'), byproducts: { a: '@' } },
    signatures: [named(bob.keyid)],
  }).split('"@"');
  return Buffer.from(
    `${before}[${times(Math.floor((10 * MIB - 1_000) / (item.length + 1)), () => item)}]${after}`,
  );
};
/** The file with its one signature so many times. */
const repeated = (file: Buffer, count: number) => {
  const {
    signatures: [signature],
    ...rest
  } = JSON.parse(file.toString()) as { signatures: object[] };
  return Buffer.from(JSON.stringify({ ...rest, signatures: times(count, () => signature) }));
};
const manyKeys = (count: number) => {
  const builder = layout({ expires: '2099-12-31T23:59:59Z' });
  return signMetablock(
    builder
      .step('build', { by: times(count, (i) => createKey('ed25519', { seed: `key ${i}` })) })
      .toPayload(),
    owner,
  );
};

describe('what is posted', () => {
  let service: Service;
  let operator: Client;

  beforeAll(async () => {
    service = await startService();
    operator = service.operator;
    await operator.found(CHAIN, { owner, functionaries, ...example });
  });

  afterAll(() => service.stop());

  const post = async (path: string, body: Uint8Array): Promise<[number, unknown]> => {
    const reply = await operator.post(
      `${path}${path.includes('?') ? '&' : '?'}chain=${CHAIN}`,
      gzipSync(body),
      {
        'content-encoding': 'gzip',
      },
    );
    return [reply.status, reply.body.code];
  };

  it.each<[string, () => Uint8Array]>([
    ['as many signatures as a file may have', () => unsigned(link('build'), ...strangers(signatures))],
    ['two signatures in one name', () => unsigned(link('build'), named(bob.keyid), named(bob.keyid))],
    ['a key id as long as one may be', () => unsigned(link('build'), named('k'.repeat(keyidCharacters)))],
    [
      'byproducts as deep as JSON may be',
      () => signMetablock({ ...link('build'), byproducts: { a: nested(depth - 3) } }, bob),
    ],
    [
      'as many artifacts as a link may have',
      () => signMetablock({ ...link('build'), products: files(linkArtifacts) }, bob),
    ],
  ])('is taken with %s', async (_what, make) => {
    expect(await post('/links?run=1', make())).toEqual([201, undefined]);
  });

  it.each<[string, () => Uint8Array, string]>([
    [
      'one signature more',
      () => unsigned(link('build'), ...strangers(signatures + 1)),
      'TOO_MANY_SIGNATURES',
    ],
    [
      'a third signature in one name',
      () => unsigned(link('build'), ...times(signaturesOfAKey + 1, () => named(bob.keyid))),
      'TOO_MANY_SIGNATURES',
    ],
    [
      "four thousand signatures in a functionary's name, in an envelope",
      () => repeated(signDsse({ ...link('build'), byproducts: { a: 'x'.repeat(3 * MIB) } }, bob), 4_000),
      'TOO_MANY_SIGNATURES',
    ],
    [
      'a longer key id',
      () => unsigned(link('build'), named('k'.repeat(keyidCharacters + 1))),
      'KEYID_TOO_LONG',
    ],
    [
      'deeper byproducts',
      () => signMetablock({ ...link('build'), byproducts: { a: nested(depth) } }, bob),
      'JSON_TOO_DEEP',
    ],
    [
      'one artifact more',
      () => signMetablock({ ...link('build'), materials: files(1), products: files(linkArtifacts) }, bob),
      'TOO_MANY_ARTIFACTS',
    ],
    ['10 MiB of empty objects', () => filled('{}'), 'JSON_TOO_LARGE'],
    ['10 MiB of integers', () => filled('1'), 'JSON_TOO_LARGE'],
    ['10 MiB of members', () => filled('{"a":0}'), 'JSON_TOO_LARGE'],
    ['10 MiB of floats', () => filled('0.1'), 'JSON_TOO_LARGE'],
  ])('as a link is refused for %s', async (_what, make, code) => {
    expect(await post('/links?run=1', make())).toEqual([code === 'JSON_TOO_LARGE' ? 413 : 422, code]);
  });

  it.each<[string, string, () => Uint8Array, number, string]>([
    [
      '/layouts',
      'more than a layout may have',
      () => Buffer.alloc(UPLOAD_LIMITS.layoutBytes + 1, ' '),
      413,
      'BODY_TOO_LARGE',
    ],
    ['/layouts', 'more keys than are screened', () => manyKeys(layoutKeys + 1), 422, 'TOO_MANY_KEYS'],
    ['/layouts', 'empty objects', () => Buffer.from(`[${times(20_001, () => '{}')}]`), 413, 'JSON_TOO_LARGE'],
    [
      '/roots?reason=more',
      'more than a root may have',
      () => Buffer.alloc(UPLOAD_LIMITS.rootBytes + 1, ' '),
      413,
      'BODY_TOO_LARGE',
    ],
    [
      '/roots?reason=more',
      'a third signature in one name',
      () => signRoot({ chain: CHAIN, version: 2, owners: [['owner', owner]] }, owner, owner, owner),
      422,
      'TOO_MANY_SIGNATURES',
    ],
    [
      '/subjects/manifests',
      'more than registries take',
      () => Buffer.alloc(UPLOAD_LIMITS.manifestBytes + 1, ' '),
      413,
      'BODY_TOO_LARGE',
    ],
    [
      '/subjects/manifests',
      'empty objects',
      () => Buffer.from(`[${times(300_000, () => '{}')}]`),
      413,
      'JSON_TOO_LARGE',
    ],
    [
      '/tokens',
      'more than a request may have',
      () => Buffer.alloc(UPLOAD_LIMITS.requestBytes + 1, ' '),
      413,
      'BODY_TOO_LARGE',
    ],
    ['/tokens', 'empty objects', () => Buffer.from(`[${times(20_001, () => '{}')}]`), 413, 'JSON_TOO_LARGE'],
  ])('to %s is refused with %s', async (path, _what, make, status, code) => {
    expect(await post(path, make())).toEqual([status, code]);
  });

  it('is read in threads where it is large, and what counts of it counts', async () => {
    const [tag] = example.links;
    const large = signMetablock(
      link('tag', { products: Object.fromEntries(times(2_000, (i) => [`src/${i}`, `${i}`])) }),
      functionaries.alice,
    );
    expect(large.length).toBeGreaterThan(65_536);
    expect(await post('/links?run=1', large)).toEqual([201, undefined]);
    const forged = Buffer.from(large.toString().replace('src/7"', 'src/x"'));
    expect(await post('/links?run=1', forged)).toEqual([201, undefined]);
    const rows = await service.query<{ proven: boolean }>(
      `select proven from link where step = '${tag?.step}' and size > 65536 order by seq`,
    );
    expect(rows).toEqual([{ proven: true }, { proven: false }]);
  });
});
