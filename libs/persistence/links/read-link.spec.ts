import { describe, expect, it } from 'vitest';
import { sha256 } from '#storage/content-address.js';
import { person } from '../../../test/support/evidence-world.js';
import {
  layout,
  link,
  sha256Hex,
  signDsse,
  signDssePayload,
  signMetablock,
} from '../../../test/support/supply-chain.js';
import { readLink } from './read-link.js';

const [alice, bob] = [person('alice'), person('bob')];
const story = { materials: { a: '1', b: '2', c: '1' }, products: { d: '3' } };

const refusal = (bytes: Uint8Array) => {
  try {
    return readLink(Buffer.from(bytes)).step;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('an uploaded link', () => {
  it('is known by its bytes, its step, its keys and each digest once', () => {
    const bytes = signMetablock(link('build', story), [alice, bob]);
    expect(readLink(bytes)).toMatchObject({
      id: sha256(bytes),
      step: 'build',
      container: 'metablock',
      keyids: [alice.keyid, bob.keyid],
      size: bytes.length,
      materials: Buffer.from(sha256Hex('1') + sha256Hex('2'), 'hex'),
      products: Buffer.from(sha256Hex('3'), 'hex'),
    });
  });

  it('names a key once that signed twice', () => {
    expect(readLink(signMetablock(link('build'), [alice, alice])).keyids).toEqual([alice.keyid]);
  });

  it('may come in a DSSE envelope, as a link or as a Statement of one', () => {
    expect(readLink(signDsse(link('build', story), bob))).toMatchObject({ container: 'dsse', step: 'build' });
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      predicateType: 'https://in-toto.io/attestation/link/v0.3',
      subject: [{ name: 'd', digest: { sha256: sha256Hex('3') } }],
      predicate: { name: 'build', command: [], materials: [], byproducts: {}, environment: {} },
    };
    expect(readLink(signDssePayload(Buffer.from(JSON.stringify(statement)), bob))).toMatchObject({
      step: 'build',
      products: Buffer.from(sha256Hex('3'), 'hex'),
    });
  });

  it('is found by upper-case digests as by lower-case ones', () => {
    const products = { d: { sha256: sha256Hex('3').toUpperCase() }, e: { sha256: sha256Hex('3') } };
    const { products: indexed } = readLink(signMetablock({ ...link('build'), products }, bob));
    expect(indexed.toString('hex')).toBe(sha256Hex('3'));
  });

  it('is not found by digests of other algorithms', () => {
    const products = { d: { sha512: 'ab'.repeat(64) } };
    expect(readLink(signMetablock({ ...link('build'), products }, bob)).products).toHaveLength(0);
  });

  it('is indexed also where a file is called __proto__', () => {
    const products = JSON.parse(`{"__proto__": {"sha256": "${sha256Hex('3')}"}}`);
    expect(readLink(signMetablock({ ...link('build'), products }, bob)).products).toHaveLength(32);
  });
});

describe('an upload that is refused', () => {
  const text = signMetablock(link('build', story), bob).toString();

  it.each<[string, string, Uint8Array | string]>([
    ['is a layout', 'LINK_EXPECTED', signMetablock(layout().step('build', { by: bob }).toPayload(), alice)],
    ['nobody signed', 'UNSIGNED', signMetablock(link('build'), [])],
    ['is no JSON', 'JSON_INVALID', 'link'],
    ['is no metadata', 'METADATA_INVALID', '{}'],
    ['says something twice', 'JSON_DUPLICATE_MEMBER', text.replace('"name"', '"name": "test", "name"')],
    ['holds a float', 'JSON_FLOAT', text.replace('"return-value": 0', '"return-value": 0.5')],
    ['has a digest of the wrong length', 'LINK_REFUSED', text.replace(sha256Hex('3'), 'abcd')],
    ['has a digest that is none', 'METADATA_INVALID', text.replace(sha256Hex('3'), 'xyz')],
    ['has a name that leads out of a directory', 'LINK_REFUSED', signMetablock(link('../build'), bob)],
    ['has no name', 'LINK_REFUSED', signMetablock({ ...link('build'), name: null }, bob)],
    ['has an endless name', 'METADATA_INVALID', signMetablock(link('b'.repeat(257)), bob)],
    ['names a key by half an essay', 'SIGNATURE_MALFORMED', text.replaceAll(bob.keyid, 'ab'.repeat(200))],
  ])('%s: %s', (_, code, bytes) => {
    expect(refusal(Buffer.from(bytes))).toBe(code);
  });
});
