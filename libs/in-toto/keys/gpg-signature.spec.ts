import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../json/value.js';
import { parsePublicKey } from './public-key.js';
import { verifyKeySignature } from './verify-signature.js';

const MESSAGE = Buffer.from('canonical bytes');
const HEADERS = '04000108001d162104';
const NOW = new Date('2026-01-01T00:00:00Z');

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 });
const eddsa = generateKeyPairSync('ed25519');

describe('an OpenPGP signature', () => {
  it.each([
    ['RSA', rsaKey(rsa.publicKey), rsa.privateKey],
    ['DSA', dsaKey(dsa.publicKey), dsa.privateKey],
    ['EdDSA', eddsaKey(eddsa.publicKey), eddsa.privateKey],
  ])('of %s verifies over the content and its own headers', (_what, key, privateKey) => {
    const signature = gpgSign(privateKey);
    expect(verify(key, { signature })).toEqual({ valid: true });
    expect(verify(key, { signature, otherHeaders: `05${HEADERS.slice(2)}` })).toMatchObject({
      reason: 'INVALID',
    });
    expect(verify(key, { signature, message: Buffer.from('other') })).toMatchObject({ reason: 'INVALID' });
  });

  it('of RSA may leave out leading zeros', () => {
    const key = rsaKey(rsa.publicKey);
    for (let salt = 0; ; salt++) {
      const message = Buffer.from(`message ${salt}`);
      const signature = gpgSign(rsa.privateKey, message);
      if (!signature.startsWith('00')) continue;
      expect(verify(key, { signature: signature.slice(2), message })).toEqual({ valid: true });
      return;
    }
  });

  describe('by a subkey', () => {
    const subkey = { ...rsaKey(otherRsa.publicKey), keyid: 'cd' };
    const main = { ...rsaKey(rsa.publicKey), subkeys: { cd: subkey } };

    it('verifies with the main key that lists it', () => {
      expect(verify(main, { keyid: 'cd', signature: gpgSign(otherRsa.privateKey) })).toEqual({ valid: true });
    });

    it('does not verify in the name of the main key', () => {
      expect(verify(main, { keyid: 'ab', signature: gpgSign(otherRsa.privateKey) })).toMatchObject({
        reason: 'INVALID',
      });
    });

    it('stands and falls with the validity of the subkey, not of the main key', () => {
      const signature = gpgSign(otherRsa.privateKey);
      const past = { creation_time: 1_000_000_000, validity_period: 1 };
      expect(verify({ ...main, ...past }, { keyid: 'cd', signature })).toEqual({ valid: true });
      expect(
        verify({ ...main, subkeys: { cd: { ...subkey, ...past } } }, { keyid: 'cd', signature }),
      ).toMatchObject({
        reason: 'KEY_EXPIRED',
      });
    });
  });

  describe('by a key with a validity period', () => {
    const signature = gpgSign(rsa.privateKey);
    const now = NOW.getTime() / 1000;

    it.each([
      ['ends now', { creation_time: now - 10, validity_period: 10 }, { valid: true }],
      [
        'has ended',
        { creation_time: now - 10, validity_period: 9 },
        { valid: false, reason: 'KEY_EXPIRED', fatal: false },
      ],
      ['is 0, which means none', { creation_time: now - 10, validity_period: 0 }, { valid: true }],
      ['starts at no known time', { validity_period: 1 }, { valid: true }],
    ])('that %s', (_what, validity, check) => {
      expect(verify({ ...rsaKey(rsa.publicKey), ...validity }, { signature })).toEqual(check);
    });
  });

  describe('ends the whole verification', () => {
    const signature = gpgSign(rsa.privateKey);
    const key = rsaKey(rsa.publicKey);

    const unusable: [string, JsonObject][] = [
      ['unknown hashes', { ...key, hashes: ['SHA1'] }],
      ['another method', { ...key, method: 'pgp+dsa-fips-180-2' }],
      ['a private part', { ...key, keyval: { ...(key.keyval as JsonObject), private: 'x' } }],
      ['a validity beyond 31 bits', { ...key, validity_period: 2 ** 31 }],
      ['a creation time that is no number', { ...key, creation_time: true }],
      ['a name that is not hexadecimal', { ...key, keyid: 'alice' }],
      ['a subkey of another type', { ...key, subkeys: { cd: dsaKey(dsa.publicKey) } }],
      ['an exponent of 1', withNumbers(key, { e: '01' })],
      ['an exponent that is no number', withNumbers(key, { e: 'xyz' })],
      ['a modulus that is no number', withNumbers(key, { n: '' })],
    ];
    it.each(unusable)('by a key with %s', (_what, broken) => {
      expect(verify(broken, { signature })).toMatchObject({ reason: 'KEY_UNUSABLE', fatal: true });
    });

    it.each([
      ['no signature', { signature: null }],
      ['an odd number of digits', { signature: `${signature}00f` }],
      ['odd headers', { signature, otherHeaders: '040' }],
      ['empty headers', { signature, otherHeaders: '' }],
    ])('with %s', (_what, parts) => {
      expect(verify(key, parts)).toMatchObject({ reason: 'MALFORMED', fatal: true });
    });

    it('of another form than the key', () => {
      const raw = { keyid: 'ab', keytype: 'ed25519', scheme: 'ed25519', keyval: { public: '00' } };
      expect(verify(raw, { signature })).toMatchObject({ reason: 'KEY_UNUSABLE', fatal: true });
      const check = verifyKeySignature(
        parsePublicKey(key),
        { form: 'raw', keyid: 'ab', sig: signature },
        MESSAGE,
        NOW,
      );
      expect(check).toMatchObject({ reason: 'KEY_UNUSABLE', fatal: true });
    });
  });
});

interface Parts {
  keyid?: string;
  signature: JsonValue;
  otherHeaders?: JsonValue;
  message?: Uint8Array;
}

function verify(
  key: JsonObject,
  { keyid = 'ab', signature, otherHeaders = HEADERS, message = MESSAGE }: Parts,
) {
  return verifyKeySignature(
    parsePublicKey(key),
    { form: 'gpg', keyid, signature, otherHeaders },
    message,
    NOW,
  );
}

/** RFC 4880, 5.2.4, in the words of that document. */
function gpgSign(key: KeyObject, message: Uint8Array = MESSAGE): string {
  const headers = Buffer.from(HEADERS, 'hex');
  const hashed = Buffer.concat([message, headers, Buffer.of(4, 0xff, 0, 0, 0, headers.length)]);
  if (key.asymmetricKeyType !== 'ed25519') return sign('sha256', hashed, key).toString('hex');
  return sign(null, createHash('sha256').update(hashed).digest(), key).toString('hex');
}

function rsaKey(key: KeyObject): JsonObject {
  const { n, e } = key.export({ format: 'jwk' });
  return gpgKey('rsa', 'pgp+rsa-pkcsv1.5', { n: hexOf(n), e: hexOf(e) });
}

function eddsaKey(key: KeyObject): JsonObject {
  return gpgKey('eddsa', 'pgp+eddsa-ed25519', { q: hexOf(key.export({ format: 'jwk' }).x) });
}

/** The numbers as they stand in the DER of a DSA key: p, q and g, then y. */
function dsaKey(key: KeyObject): JsonObject {
  const der = key.export({ format: 'der', type: 'spki' });
  const numbers: string[] = [];
  for (let at = der.indexOf('2a8648ce380401', 'hex') + 7; at < der.length; ) {
    const tag = der[at];
    const first = der[at + 1] ?? 0;
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes);
    const content = at + 2 + lengthBytes;
    if (tag === 0x02) numbers.push(der.subarray(content, content + length).toString('hex'));
    at = tag === 0x02 ? content + length : tag === 0x03 ? content + 1 : content;
  }
  const [p = '', q = '', g = '', y = ''] = numbers;
  return gpgKey('dsa', 'pgp+dsa-fips-180-2', { p, q, g, y });
}

function gpgKey(type: string, method: string, numbers: JsonObject): JsonObject {
  return { keyid: 'ab', type, method, hashes: ['pgp+SHA2'], keyval: { private: '', public: numbers } };
}

function withNumbers(key: JsonObject, numbers: JsonObject): JsonObject {
  const keyval = key.keyval as JsonObject;
  return { ...key, keyval: { ...keyval, public: { ...(keyval.public as JsonObject), ...numbers } } };
}

function hexOf(base64url: string | undefined): string {
  return Buffer.from(base64url ?? '', 'base64url').toString('hex');
}
