import { describe, expect, it } from 'vitest';
import { exampleChain } from '../../../test/support/example-chain.js';
import { createKey, link, sha256Hex, signDsse, signMetablock } from '../../../test/support/supply-chain.js';
import type { JsonObject } from '../json/value.js';
import { parseMetadata } from '../metadata/parse-metadata.js';
import { checkLinkFile } from './check-file.js';
import { STRICT_ISSUES } from './issues.js';

const alice = createKey('ed25519', { seed: 'alice' });

describe('a link', () => {
  it('as the tools write it passes', () => {
    for (const container of ['metablock', 'dsse'] as const) {
      for (const { step, bytes } of exampleChain({ container }).links)
        expect(issuesOf(bytes, step)).toEqual([]);
    }
  });

  it('of another step is refused, as it would be a replay', () => {
    expect(issuesOf(signMetablock(link('test'), alice), 'deploy')).toEqual([
      'refuse LINK_OF_ANOTHER_STEP name',
    ]);
  });

  it('without a name to go by is refused', () => {
    expect(issuesOf(signMetablock({ ...link('test'), name: null }, alice))).toEqual([
      'refuse NAME_NOT_TEXT name',
    ]);
    expect(issuesOf(signMetablock({ ...link('test'), name: '../x' }, alice))).toEqual([
      'refuse NAME_UNSAFE name',
    ]);
  });

  it('that is a layout is told to be a sublayout, and checked as a layout', () => {
    const { layout } = exampleChain();
    expect(issuesOf(layout, 'build')).toEqual([
      'warn LINK_IS_SUBLAYOUT ',
      'warn RULES_OPEN_ENDED steps/0/expected_materials',
    ]);
  });

  it('with duplicate artifacts inside a DSSE payload is refused', () => {
    const envelope = JSON.parse(signDsse(link('test', { products: { a: 'a' } }), alice).toString());
    const payload = Buffer.from(envelope.payload, 'base64').toString().replace('"a":', '"a": {}, "a":');
    const file = Buffer.from(
      JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') }),
    );
    expect(issuesOf(file)).toEqual(['refuse DUPLICATE_MEMBER payload/products/a']);
  });
});

describe('an artifact', () => {
  const sha256 = sha256Hex('a');

  it.each(['./a', 'a/../b', '..', 'a//b', 'a\\b', 'a/'])(
    'at the path %j is let in with a warning',
    (path) => {
      expect(issuesOf(withProducts({ [path]: { sha256 } }))).toEqual(['warn PATH_NOT_NORMAL products']);
    },
  );

  it.each(['a', '/a', 'a/b', '.a', 'a..b', '__proto__', 'ä b'])('at the path %j is fine', (path) => {
    expect(issuesOf(withProducts(JSON.parse(`{${JSON.stringify(path)}: {"sha256": "${sha256}"}}`)))).toEqual(
      [],
    );
  });

  const hashes: [string, JsonObject, string][] = [
    ['no hash', {}, 'refuse HASHES_EMPTY'],
    ['half a digest', { sha256: sha256.slice(0, 32) }, 'refuse HASH_LENGTH'],
    ['a digest in upper case', { sha256: sha256.toUpperCase() }, 'warn HASH_UPPER_CASE'],
    ['two hashes', { sha256, sha1: sha256.slice(0, 40) }, 'warn HASH_ALGORITHMS_UNUSUAL'],
    ['another hash', { sha512: sha256 + sha256 }, 'warn HASH_ALGORITHMS_UNUSUAL'],
  ];
  it.each(hashes)('with %s', (_what, digests, issue) => {
    expect(issuesOf(withProducts({ a: digests }))).toEqual([`${issue} products`]);
  });

  it('is named in the message, a few of many', () => {
    const products = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`./${i}`, { sha256 }]));
    const file = withProducts(products);
    const [issue] = checkLinkFile(file, parseMetadata(file));
    expect(issue?.message).toContain('"./0", "./1", "./10", "./11", "./12" and 95 more');
  });

  function withProducts(products: JsonObject): Buffer {
    return signMetablock({ ...link('test'), products }, alice);
  }
});

describe('every issue', () => {
  it('says what it means in one sentence', () => {
    for (const [code, meaning] of Object.entries(STRICT_ISSUES))
      expect(meaning, code).toMatch(/^[A-Z].*\.$|DISALLOW/);
  });
});

function issuesOf(file: Uint8Array, step?: string): string[] {
  return checkLinkFile(file, parseMetadata(file), step).map(
    ({ severity, code, where }) => `${severity} ${code} ${where}`,
  );
}
