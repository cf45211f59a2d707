import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  verify as opensslVerify,
  sign,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { derInteger, derSequence } from './der.js';
import { parsePublicKey } from './public-key.js';
import { verifyKeySignature } from './verify-signature.js';

const MESSAGE = Buffer.from('what was signed');
const HASHES = ['sha224', 'sha256', 'sha384', 'sha512'] as const;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const ed25519 = generateKeyPairSync('ed25519');

describe('an RSA signature', () => {
  describe.each(HASHES)('with %s', (hash) => {
    it.each([0, 20, 32])('of RSASSA-PSS verifies with a salt of %i bytes', (saltLength) => {
      const sig = sign(hash, MESSAGE, {
        key: rsa.privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength,
      });
      expect(verify('rsa', `rsassa-pss-${hash}`, pem(rsa.publicKey), sig)).toEqual({ valid: true });
    });

    it('of PKCS #1 v1.5 verifies, but not as RSASSA-PSS', () => {
      const sig = sign(hash, MESSAGE, rsa.privateKey);
      expect(verify('rsa', `rsa-pkcs1v15-${hash}`, pem(rsa.publicKey), sig)).toEqual({ valid: true });
      expect(verify('rsa', `rsassa-pss-${hash}`, pem(rsa.publicKey), sig)).toMatchObject({
        reason: 'INVALID',
      });
    });
  });

  const sig = sign('sha256', MESSAGE, rsa.privateKey);

  it('verifies with a PKCS #1 key', () => {
    const text = rsa.publicKey.export({ format: 'pem', type: 'pkcs1' }).toString();
    expect(verify('rsa', 'rsa-pkcs1v15-sha256', text, sig)).toEqual({ valid: true });
  });

  it('cannot be checked with an exponent of 1, for which a forgery needs no key', () => {
    const text = withExponent(rsa.publicKey, 'AQ');
    expect(verify('rsa', 'rsa-pkcs1v15-sha256', text, sig)).toMatchObject({
      reason: 'KEY_UNUSABLE',
      fatal: false,
    });
  });
});

describe('an ECDSA signature', () => {
  it('verifies with P-256 and P-384', () => {
    const sig256 = sign('sha256', MESSAGE, p256.privateKey);
    expect(verify('ecdsa', 'ecdsa-sha2-nistp256', pem(p256.publicKey), sig256)).toEqual({ valid: true });
    const sig384 = sign('sha384', MESSAGE, p384.privateKey);
    expect(verify('ecdsa', 'ecdsa-sha2-nistp384', pem(p384.publicKey), sig384)).toEqual({ valid: true });
  });

  it('takes its hash from the scheme, not from the curve', () => {
    const sig = sign('sha384', MESSAGE, p256.privateKey);
    expect(verify('ecdsa', 'ecdsa-sha2-nistp384', pem(p256.publicKey), sig)).toEqual({ valid: true });
    expect(verify('ecdsa', 'ecdsa-sha2-nistp256', pem(p256.publicKey), sig)).toMatchObject({
      reason: 'INVALID',
    });
  });

  it('verifies under the older key types', () => {
    const sig = sign('sha256', MESSAGE, p256.privateKey);
    const scheme = 'ecdsa-sha2-nistp256';
    expect(verify(scheme, scheme, pem(p256.publicKey), sig)).toEqual({ valid: true });
  });

  it('is refused with anything after its DER', () => {
    const sig = Buffer.concat([sign('sha256', MESSAGE, p256.privateKey), Buffer.of(0)]);
    expect(verify('ecdsa', 'ecdsa-sha2-nistp256', pem(p256.publicKey), sig)).toMatchObject({
      reason: 'INVALID',
    });
  });
});

describe('an EC key with curve parameters of its own', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    paramEncoding: 'explicit',
  });
  const der = publicKey.export({ format: 'der', type: 'spki' });

  it('verifies if they are those of P-256', () => {
    const sig = sign('sha256', MESSAGE, privateKey);
    expect(verify('ecdsa', 'ecdsa-sha2-nistp256', pem(publicKey), sig)).toEqual({ valid: true });
  });

  it('verifies nothing if its base point is its public key, although OpenSSL accepts the forgery', () => {
    const basePoint = Buffer.from(
      '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296',
      'hex',
    );
    const at = der.indexOf(basePoint);
    const point = der.subarray(-65);
    const chosen = Buffer.concat([der.subarray(0, at), point, der.subarray(at + 65)]);
    const sig = signWithPrivateKeyOne(point);
    const openssl = createPublicKey({ key: chosen, format: 'der', type: 'spki' });
    expect(opensslVerify('sha256', MESSAGE, openssl, sig)).toBe(true);
    expect(verify('ecdsa', 'ecdsa-sha2-nistp256', pemOf(chosen), sig)).toMatchObject({
      reason: 'KEY_UNUSABLE',
    });
  });
});

/** ECDSA for a base point that is the public key: with the nonce 1, r is the point's x and s the sum of hash and r. */
function signWithPrivateKeyOne(point: Buffer): Buffer {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const hash = BigInt(`0x${createHash('sha256').update(MESSAGE).digest('hex')}`);
  const r = BigInt(`0x${point.toString('hex', 1, 33)}`) % order;
  const [left, right] = [r, (hash + r) % order].map((number) =>
    derInteger(Buffer.from(number.toString(16).padStart(64, '0'), 'hex')),
  ) as [Uint8Array, Uint8Array];
  return Buffer.from(derSequence(left, right));
}

describe('a key of another kind than its scheme', () => {
  it.each([
    ['an RSA key under ECDSA', 'ecdsa', 'ecdsa-sha2-nistp256', pem(rsa.publicKey)],
    ['an EC key under RSA', 'rsa', 'rsassa-pss-sha256', pem(p256.publicKey)],
    ['an Ed25519 PEM under ECDSA', 'ecdsa', 'ecdsa-sha2-nistp256', pem(ed25519.publicKey)],
    ['an Ed25519 PEM where raw bytes belong', 'ed25519', 'ed25519', pem(ed25519.publicKey)],
    [
      'a private key',
      'rsa',
      'rsassa-pss-sha256',
      rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    ],
    ['no key at all', 'rsa', 'rsassa-pss-sha256', 'PUBLIC KEY'],
  ])('verifies nothing: %s', (_what, keytype, scheme, text) => {
    expect(verify(keytype, scheme, text, new Uint8Array(64))).toMatchObject({
      reason: 'KEY_UNUSABLE',
      fatal: false,
    });
  });

  it('verifies nothing if more follows its DER', () => {
    const der = Buffer.concat([p256.publicKey.export({ format: 'der', type: 'spki' }), Buffer.of(0)]);
    const sig = sign('sha256', MESSAGE, p256.privateKey);
    expect(verify('ecdsa', 'ecdsa-sha2-nistp256', pemOf(der), sig)).toMatchObject({ reason: 'KEY_UNUSABLE' });
  });
});

function verify(keytype: string, scheme: string, text: string, sig: Uint8Array) {
  const key = parsePublicKey({ keyid: 'ab', keytype, scheme, keyval: { public: text } });
  return verifyKeySignature(key, { form: 'raw', keyid: 'ab', sig }, MESSAGE, new Date(0));
}

function pem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'spki' }).toString();
}

function pemOf(der: Buffer): string {
  return `-----BEGIN PUBLIC KEY-----\n${der.toString('base64')}\n-----END PUBLIC KEY-----\n`;
}

function withExponent(key: KeyObject, e: string): string {
  const jwk = key.export({ format: 'jwk' });
  return pem(createPublicKey({ key: { ...jwk, e }, format: 'jwk' }));
}
