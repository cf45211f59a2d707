import { describe, expect, it } from 'vitest';
import { createGpgKey } from '../../../test/support/gpg-keys.js';
import { createKey, link, signMetablock } from '../../../test/support/supply-chain.js';
import { parsePublicKey } from '../keys/public-key.js';
import { parseMetadata } from '../metadata/parse-metadata.js';
import { validSignatures } from './signatures.js';

const CREATED = 1_700_000_000;
const at = (seconds: number): Date => new Date((CREATED + seconds) * 1_000);

describe('valid signatures, asked for again', () => {
  const alice = createKey('ed25519');
  const key = parsePublicKey(alice.publicKey);

  it('are the same', () => {
    const file = parseMetadata(signMetablock(link('build'), alice));
    expect(validSignatures(file, [key], at(0))).toEqual([alice.keyid]);
    expect(validSignatures(file, [key], at(1))).toEqual([alice.keyid]);
  });

  it('of another file are its own, also where it has the signatures of the first', () => {
    const file = parseMetadata(signMetablock(link('build'), alice));
    const forged = { ...parseMetadata(signMetablock(link('test'), [])), signatures: file.signatures };
    expect(validSignatures(file, [key], at(0))).toEqual([alice.keyid]);
    expect(validSignatures(forged, [key], at(0))).toEqual([]);
  });

  it('by another key of the same id are its own', () => {
    const file = parseMetadata(signMetablock(link('build'), alice));
    const eve = parsePublicKey({ ...createKey('ed25519').publicKey, keyid: alice.keyid });
    expect(validSignatures(file, [key], at(0))).toEqual([alice.keyid]);
    expect(validSignatures(file, [eve], at(0))).toEqual([]);
  });

  it('do not outlive a GPG key', () => {
    const bob = createGpgKey('eddsa', { creationTime: CREATED, validity: 60 });
    const file = parseMetadata(signMetablock(link('build'), bob));
    const keys = [parsePublicKey(bob.publicKey)];
    expect(validSignatures(file, keys, at(59))).toEqual([bob.keyid]);
    expect(validSignatures(file, keys, at(61))).toEqual([]);
  });
});
