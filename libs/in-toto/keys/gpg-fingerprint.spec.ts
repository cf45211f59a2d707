import { describe, expect, it } from 'vitest';
import { gpgFingerprint } from './gpg-fingerprint.js';

// Keys that GnuPG made, with the fingerprints that it printed.
const EDDSA = {
  creation_time: 1795351157,
  keyval: { private: '', public: { q: '6ad21bd47fd79933a00dea4aa9ae29eb832ebdab80c0cac75c9617415c525545' } },
};
const RSA = {
  creation_time: 1512153654,
  keyval: {
    private: '',
    public: {
      e: '010001',
      n: [
        'e9ad391502ae32bd4fcc41a0f9970f8901ed6ad1c5c128c02add22721cdc22318b64bec9f9467b6949b19fc2e9',
        '8ce41906125ad45d0b138f1ad6c5da7bde38092d9e3e697ce8b8373b150b57342dd921d634b873f258f5c15559',
        'b52921fa4bb7f482ec43a1c85c3385bd520cedbdc16b2524a64aecf32ac5690e6dd4ee0210a975e1b6c5af164e',
        'a69ca64533422432070511068730594793885567bb8f7cffacf6eb5ffdc640e898e599579b21b15e497f5c0521',
        '12c5fdf7974e7056cd1564fe84f207cb946d1efc521e5031299e6275936e6f9464a735bd4edc8e0cde3fe5b1bf',
        '6d3bc1ed12993b865d8fcb9d9a2b2ef2df30cb7f0ab4c0dea819ea017ff195',
      ].join(''),
    },
  },
};

describe('gpgFingerprint', () => {
  it('is what GnuPG prints', () => {
    expect(gpgFingerprint(EDDSA, 'eddsa')).toBe('df9167962008e0cf58962a9b0e8ad327325334a7');
    expect(gpgFingerprint(RSA, 'rsa')).toBe('7b3abb26b97b655ab9296bd15b0bd02e1c768c43');
  });

  it('cannot be told without the time of creation', () => {
    expect(gpgFingerprint({ keyval: RSA.keyval }, 'rsa')).toBeUndefined();
  });
});
