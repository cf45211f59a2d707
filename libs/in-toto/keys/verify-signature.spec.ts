import { describe, expect, it } from 'vitest';
import { bytesFromHex } from './hex.js';
import { parsePublicKey } from './public-key.js';
import { verifyKeySignature } from './verify-signature.js';

const AT = new Date('2026-01-01T00:00:00Z');

describe('an Ed25519 signature', () => {
  // RFC 8032, 7.1, test 2
  const publicKey = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c';
  const message = Uint8Array.of(0x72);
  const sig =
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';
  const key = keyWith(publicKey);

  it('verifies, as hexadecimal text or as bytes', () => {
    expect(verify({ sig })).toEqual({ valid: true });
    expect(verify({ sig: bytesFromHex(sig) ?? '' })).toEqual({ valid: true });
    expect(verify({ sig: sig.toUpperCase() })).toEqual({ valid: true });
  });

  it('does not verify over other bytes', () => {
    expect(verifyKeySignature(key, { form: 'raw', keyid: 'ab', sig }, Uint8Array.of(0x73), AT)).toMatchObject(
      {
        reason: 'INVALID',
      },
    );
  });

  it('does not verify if it names another key', () => {
    expect(verify({ keyid: 'AB', sig })).toMatchObject({ reason: 'INVALID' });
  });

  it.each([['zz'], [null], [7], ['abc']])('is malformed if it is %j', (malformed) => {
    expect(verify({ sig: malformed })).toMatchObject({ reason: 'MALFORMED', fatal: false });
  });

  it('is invalid if it is too short', () => {
    expect(verify({ sig: sig.slice(2) })).toMatchObject({ reason: 'INVALID' });
  });

  it.each(['', 'ab', publicKey.slice(2), '-----BEGIN PUBLIC KEY-----'])(
    'cannot be checked with the key %j',
    (text) => {
      expect(verifyKeySignature(keyWith(text), { form: 'raw', keyid: 'ab', sig }, message, AT)).toMatchObject(
        {
          reason: 'KEY_UNUSABLE',
          fatal: false,
        },
      );
    },
  );

  function verify({ keyid = 'ab', sig }: { keyid?: string; sig: string | number | null | Uint8Array }) {
    return verifyKeySignature(key, { form: 'raw', keyid, sig }, message, AT);
  }
});

function keyWith(publicText: string) {
  return parsePublicKey({
    keyid: 'ab',
    keytype: 'ed25519',
    scheme: 'ed25519',
    keyval: { public: publicText },
  });
}
