import { describe, expect, it } from 'vitest';
import { createGpgKey, type GpgOptions } from '../../../test/support/gpg-keys.js';
import type { SigningKey } from '../../../test/support/supply-chain.js';
import type { JsonObject, JsonValue } from '../json/value.js';
import { parsePublicKey } from './public-key.js';
import { verifyKeySignature } from './verify-signature.js';

const MESSAGE = Buffer.from('canonical bytes');
const NOW = new Date('2026-01-01T00:00:00Z');
const NOW_SECONDS = NOW.getTime() / 1000;

describe('an OpenPGP signature', () => {
  it.each(['rsa', 'dsa', 'eddsa'] as const)('of %s verifies over the content and its own headers', (kind) => {
    const key = createGpgKey(kind);
    const signed = signatureOf(key);
    expect(verify(key.publicKey, signed)).toEqual({ valid: true });
    const otherHeaders = String(signed.otherHeaders).replace(/^04/, '05');
    expect(verify(key.publicKey, { ...signed, otherHeaders })).toMatchObject({ reason: 'INVALID' });
    expect(verify(key.publicKey, signed, Buffer.from('other'))).toMatchObject({ reason: 'INVALID' });
  });

  it('of RSA may leave out leading zeros', () => {
    const key = createGpgKey('rsa');
    for (let salt = 0; ; salt++) {
      const message = Buffer.from(`message ${salt}`);
      const signed = signatureOf(key, message);
      const signature = String(signed.signature);
      if (!signature.startsWith('00')) continue;
      expect(verify(key.publicKey, { ...signed, signature: signature.slice(2) }, message)).toEqual({
        valid: true,
      });
      return;
    }
  });

  describe('by a subkey', () => {
    const subkey = createGpgKey('rsa');
    const main = createGpgKey('rsa', { subkeys: [subkey] });
    const signed = signatureOf(subkey);

    it('verifies with the main key that lists it', () => {
      expect(verify(main.publicKey, signed)).toEqual({ valid: true });
    });

    it('does not verify in the name of the main key', () => {
      expect(verify(main.publicKey, { ...signed, keyid: main.keyid })).toMatchObject({ reason: 'INVALID' });
    });

    it('stands and falls with the validity of the subkey, not of the main key', () => {
      const past = { creation_time: 1_000_000_000, validity_period: 1 };
      const expired = { ...subkey.publicKey, ...past };
      expect(verify({ ...main.publicKey, ...past }, signed)).toEqual({ valid: true });
      expect(verify({ ...main.publicKey, subkeys: { [subkey.keyid]: expired } }, signed)).toMatchObject({
        reason: 'KEY_EXPIRED',
      });
    });
  });

  describe('by a key with a validity period', () => {
    const periods: [string, GpgOptions, object][] = [
      ['ends now', { creationTime: NOW_SECONDS - 10, validity: 10 }, { valid: true }],
      ['has ended', { creationTime: NOW_SECONDS - 10, validity: 9 }, { reason: 'KEY_EXPIRED', fatal: false }],
      ['is 0, which means none', { creationTime: NOW_SECONDS - 10, validity: 0 }, { valid: true }],
    ];
    it.each(periods)('that %s', (_what, options, check) => {
      const key = createGpgKey('eddsa', options);
      expect(verify(key.publicKey, signatureOf(key))).toMatchObject(check);
    });

    it('that starts at no known time', () => {
      const key = createGpgKey('eddsa', { validity: 1 });
      const { creation_time, ...timeless } = key.publicKey;
      expect(creation_time).toBeDefined();
      expect(verify(timeless, signatureOf(key))).toEqual({ valid: true });
    });
  });

  describe('ends the whole verification', () => {
    const signer = createGpgKey('rsa');
    const key = signer.publicKey;
    const signed = signatureOf(signer);

    const unusable: [string, JsonObject][] = [
      ['unknown hashes', { ...key, hashes: ['SHA1'] }],
      ['another method', { ...key, method: 'pgp+dsa-fips-180-2' }],
      ['a private part', { ...key, keyval: { ...(key.keyval as JsonObject), private: 'x' } }],
      ['a validity beyond 31 bits', { ...key, validity_period: 2 ** 31 }],
      ['a creation time that is no number', { ...key, creation_time: true }],
      ['a name that is not hexadecimal', { ...key, keyid: 'alice' }],
      ['a subkey of another type', { ...key, subkeys: { cd: createGpgKey('dsa').publicKey } }],
      ['an exponent of 1', withNumbers(key, { e: '01' })],
      ['an exponent that is no number', withNumbers(key, { e: 'xyz' })],
      ['a modulus that is no number', withNumbers(key, { n: '' })],
    ];
    it.each(unusable)('by a key with %s', (_what, broken) => {
      expect(verify(broken, signed)).toMatchObject({ reason: 'KEY_UNUSABLE', fatal: true });
    });

    it.each([
      ['no signature', { signature: null }],
      ['an odd number of digits', { signature: `${signed.signature}00f` }],
      ['odd headers', { otherHeaders: '040' }],
      ['empty headers', { otherHeaders: '' }],
    ])('with %s', (_what, parts) => {
      expect(verify(key, { ...signed, ...parts })).toMatchObject({ reason: 'MALFORMED', fatal: true });
    });

    it('of another form than the key', () => {
      const raw = { keyid: 'ab', keytype: 'ed25519', scheme: 'ed25519', keyval: { public: '00' } };
      expect(verify(raw, signed)).toMatchObject({ reason: 'KEY_UNUSABLE', fatal: true });
      const check = verifyKeySignature(
        parsePublicKey(key),
        { form: 'raw', keyid: signer.keyid, sig: '' },
        MESSAGE,
        NOW,
      );
      expect(check).toMatchObject({ reason: 'KEY_UNUSABLE', fatal: true });
    });
  });
});

interface Signed {
  readonly keyid: string;
  readonly signature: JsonValue;
  readonly otherHeaders: JsonValue;
}

function signatureOf(key: SigningKey, message: Uint8Array = MESSAGE): Signed {
  const { signature = null, other_headers: otherHeaders = null } = key.metablockSignature?.(message) ?? {};
  return { keyid: key.keyid, signature, otherHeaders };
}

function verify(key: JsonObject, signed: Signed, message: Uint8Array = MESSAGE) {
  return verifyKeySignature(parsePublicKey(key), { form: 'gpg', ...signed }, message, NOW);
}

function withNumbers(key: JsonObject, numbers: JsonObject): JsonObject {
  const keyval = key.keyval as JsonObject;
  return { ...key, keyval: { ...keyval, public: { ...(keyval.public as JsonObject), ...numbers } } };
}
