import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../json/value.js';
import { parsePublicKey } from './public-key.js';

const ed25519 = { keyid: 'ab', keytype: 'ed25519', scheme: 'ed25519', keyval: { public: '00' } };
const gpg = { keyid: 'cd', type: 'rsa', method: 'pgp+rsa-pkcsv1.5', hashes: ['pgp+SHA2'], keyval: {} };

describe('parsePublicKey', () => {
  it('keeps the object it was given', () => {
    const key = { ...ed25519, note: 'kept' };
    expect(parsePublicKey(key)).toMatchObject({ keyid: 'ab', form: 'ssl', scheme: 'ed25519', raw: key });
  });

  it('takes a key with type, method, hashes and keyval for a GPG key, unchecked until it verifies', () => {
    const key = parsePublicKey({ ...gpg, subkeys: { ef: gpg } });
    expect(key).toMatchObject({ form: 'gpg', keytype: 'rsa', scheme: 'pgp+rsa-pkcsv1.5' });
    expect([...key.subkeys.keys()]).toEqual(['ef']);
  });

  it('tries the other form if one subkey is not a GPG key', () => {
    const mixed = { ...gpg, ...ed25519, subkeys: { ef: { keyid: 'ef' } } };
    expect(parsePublicKey(mixed).form).toBe('ssl');
  });

  it('reads subkeys that are false in Python as none', () => {
    for (const subkeys of [null, '', 0, [], {}])
      expect(parsePublicKey({ ...gpg, subkeys }).subkeys.size).toBe(0);
  });

  const refused: [string, JsonValue][] = [
    ['null', null],
    ['a list', []],
    ['no keyid', { ...ed25519, keyid: null }],
    ['an unknown scheme', { ...ed25519, scheme: 'ed448' }],
    ['a keytype in upper case', { ...ed25519, keytype: 'ED25519' }],
    ['a pair that is not in the table', { ...ed25519, keytype: 'rsa' }],
    ['a scheme that is no string', { ...ed25519, scheme: ['ed25519'] }],
    ['no keyval', { keyid: 'ab', keytype: 'ed25519', scheme: 'ed25519' }],
    ['a public value that is no string', { ...ed25519, keyval: { public: 5 } }],
    ['subkeys that are a list', { ...gpg, subkeys: ['ef'] }],
    ['a subkey that is no object', { ...gpg, subkeys: { ef: 'ef' } }],
  ];
  it.each(refused)('refuses %s', (_what, value) => {
    expect(() => parsePublicKey(value)).toThrowError(expect.objectContaining({ code: 'KEY_INVALID' }));
  });

  it('reads no member from a prototype', () => {
    const inherited = Object.create(ed25519) as Record<string, JsonValue>;
    expect(() => parsePublicKey(inherited)).toThrowError(expect.objectContaining({ code: 'KEY_INVALID' }));
  });
});
