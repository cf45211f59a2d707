import { createECDH, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from './fingerprint.js';
import { parsePublicKey } from './public-key.js';

describe('fingerprintOf', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
  const spki = rsa.export({ format: 'pem', type: 'spki' }).toString();

  it('is one for one RSA key, however it is written and named', () => {
    const { n, e } = rsa.export({ format: 'jwk' });
    const gpg = {
      keyid: 'cd',
      type: 'rsa',
      method: 'pgp+rsa-pkcsv1.5',
      hashes: ['pgp+SHA2'],
      keyval: { private: '', public: { n: hexOf(n), e: hexOf(e) } },
    };
    const fingerprints = [
      fingerprint('rsa', 'rsassa-pss-sha256', spki),
      fingerprint('rsa', 'rsa-pkcs1v15-sha512', spki.trim().replaceAll('\n', '\r\n')),
      fingerprint('rsa', 'rsassa-pss-sha256', rsa.export({ format: 'pem', type: 'pkcs1' }).toString()),
      fingerprintOf(parsePublicKey(gpg)),
    ];
    expect(fingerprints[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(fingerprints).size).toBe(1);
  });

  it('is one for an EC point, compressed or not', () => {
    const ecdh = createECDH('prime256v1');
    ecdh.generateKeys();
    const algorithm = '301306072a8648ce3d020106082a8648ce3d030107';
    const full = `3059${algorithm}034200${ecdh.getPublicKey('hex')}`;
    const compressed = `3039${algorithm}032200${ecdh.getPublicKey('hex', 'compressed')}`;
    const [a, b] = [full, compressed].map((der) => fingerprint('ecdsa', 'ecdsa-sha2-nistp256', pem(der)));
    expect(a).toMatch(/^[0-9a-f]{64}$/);
    expect(a).toBe(b);
  });

  it('is one for an Ed25519 key in either case', () => {
    const x = hexOf(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x);
    expect(fingerprint('ed25519', 'ed25519', x)).toBe(fingerprint('ed25519', 'ed25519', x.toUpperCase()));
  });

  it('tells keys apart', () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    const text = other.export({ format: 'pem', type: 'spki' }).toString();
    expect(fingerprint('rsa', 'rsassa-pss-sha256', text)).not.toBe(
      fingerprint('rsa', 'rsassa-pss-sha256', spki),
    );
  });

  it('is missing where there is no key', () => {
    expect(fingerprint('rsa', 'rsassa-pss-sha256', 'none')).toBeUndefined();
  });
});

function fingerprint(keytype: string, scheme: string, text: string): string | undefined {
  return fingerprintOf(parsePublicKey({ keyid: 'ab', keytype, scheme, keyval: { public: text } }));
}

function pem(derHex: string): string {
  const body = Buffer.from(derHex, 'hex').toString('base64');
  return `-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----\n`;
}

function hexOf(base64url: string | undefined): string {
  return Buffer.from(base64url ?? '', 'base64url').toString('hex');
}
