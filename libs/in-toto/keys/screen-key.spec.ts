import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Point, verifyAsync } from '@noble/ed25519';
import { describe, expect, it } from 'vitest';
import { hexFromBytes } from './hex.js';
import { keyIdOf } from './keyid.js';
import { type PublicKey, parsePublicKey } from './public-key.js';
import { screenKey } from './screen-key.js';

const IDENTITY = `01${'00'.repeat(31)}`;

describe('an Ed25519 key that anyone can sign for', () => {
  // The neutral element R and S = 0 satisfy S*B = R + k*A for every message, because A vanishes too. OpenSSL before 3.5
  // takes such a signature, later ones do not: what is refused here is the key.
  const forged = IDENTITY + '00'.repeat(32);

  it.each([
    ['the neutral element', IDENTITY],
    ['the neutral element with y = p + 1', `ee${'ff'.repeat(30)}7f`],
  ])('is forged over any message if it is %s, so it is refused', async (_what, publicKey) => {
    for (const message of ['deploy', 'anything', 'at all']) {
      const bytes = Buffer.from(message);
      const [signature, key] = [forged, publicKey].map((hex) => Buffer.from(hex, 'hex'));
      expect(signature && key && (await verifyAsync(signature, bytes, key, { zip215: true }))).toBe(true);
    }
    expect(codesOf(ed25519Key(publicKey))).toEqual(['KEY_ED25519_SMALL_ORDER']);
  });

  it.each([
    ['order 2', `ec${'ff'.repeat(30)}7f`],
    ['order 4', '00'.repeat(32)],
    ['order 4, not canonical', `ed${'ff'.repeat(30)}7f`],
    ['order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
    ['order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['a sign bit without a number', `01${'00'.repeat(30)}80`],
  ])('is refused with %s', (_what, publicKey) => {
    expect(codesOf(ed25519Key(publicKey))).toEqual(['KEY_ED25519_SMALL_ORDER']);
  });
});

describe('an Ed25519 key', () => {
  it('is refused where its encoding is not the only one', () => {
    expect(codesOf(ed25519Key(`f0${'ff'.repeat(30)}7f`))).toEqual(['KEY_ED25519_NOT_CANONICAL']);
  });

  it('is refused if no point is encoded', () => {
    expect(codesOf(ed25519Key(`02${'00'.repeat(31)}`))).toEqual(['KEY_UNREADABLE']);
    expect(codesOf(ed25519Key('00'))).toEqual(['KEY_UNREADABLE']);
  });

  it('is refused with a small-order part', () => {
    // An honest key plus the point of order 2
    expect(codesOf(ed25519Key(plusOrderTwo(rawKey())))).toEqual(['KEY_ED25519_MIXED_ORDER']);
  });

  it('of an honest tool passes', () => {
    for (let i = 0; i < 20; i++) expect(codesOf(ed25519Key(rawKey()))).toEqual([]);
  });
});

describe('an RSA key', () => {
  it.each([
    [1024, ['KEY_RSA_SHORT']],
    [2047, ['KEY_RSA_SHORT']],
    [2048, []],
    [3072, []],
  ])('of %i bits', (modulusLength, codes) => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength });
    expect(codesOf(pemKey('rsa', 'rsassa-pss-sha256', publicKey))).toEqual(codes);
  });

  const { n = '' } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });

  it.each([
    [1n, ['KEY_RSA_EXPONENT']],
    [3n, ['KEY_RSA_EXPONENT']],
    [65536n, ['KEY_RSA_EXPONENT']],
    [65537n, []],
    [(1n << 64n) + 1n, ['KEY_RSA_EXPONENT']],
  ])('with the exponent %s', (exponent, codes) => {
    const hex = exponent.toString(16);
    const e = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
    const publicKey = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
    expect(codesOf(pemKey('rsa', 'rsassa-pss-sha256', publicKey))).toEqual(codes);
  });
});

describe('an ECDSA key', () => {
  it.each([
    ['P-256', 'ecdsa-sha2-nistp256', []],
    ['P-384', 'ecdsa-sha2-nistp384', []],
    ['P-384', 'ecdsa-sha2-nistp256', ['KEY_CURVE_NOT_OF_SCHEME']],
    ['P-521', 'ecdsa-sha2-nistp256', ['KEY_CURVE']],
    ['secp256k1', 'ecdsa-sha2-nistp256', ['KEY_CURVE']],
  ])('on %s as %s', (namedCurve, scheme, codes) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve });
    expect(codesOf(pemKey('ecdsa', scheme, publicKey))).toEqual(codes);
  });

  it('is refused if its point is off the curve', () => {
    const der = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
      format: 'der',
      type: 'spki',
    });
    der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
    const text = `-----BEGIN PUBLIC KEY-----\n${der.toString('base64')}\n-----END PUBLIC KEY-----\n`;
    expect(codesOf(sslKey('ecdsa', 'ecdsa-sha2-nistp256', text))).toEqual(['KEY_UNREADABLE']);
  });

  it('is refused with a base point of its own, which someone could sign for', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' });
    const der = publicKey.export({ format: 'der', type: 'spki' });
    der.copy(der, der.indexOf('046b17d1f2e12c42', 'hex'), der.length - 65);
    const text = `-----BEGIN PUBLIC KEY-----\n${der.toString('base64')}\n-----END PUBLIC KEY-----\n`;
    expect(codesOf(sslKey('ecdsa', 'ecdsa-sha2-nistp256', text))).toEqual(['KEY_CURVE']);
  });

  it('is refused if it is an RSA key', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(codesOf(pemKey('ecdsa', 'ecdsa-sha2-nistp256', publicKey))).toEqual(['KEY_KIND_MISMATCH']);
  });
});

describe('a GPG key', () => {
  const { n, e } = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
  const short = {
    keyid: 'ab',
    type: 'rsa',
    method: 'pgp+rsa-pkcsv1.5',
    hashes: ['pgp+SHA2'],
    keyval: { private: '', public: { n: hexOf(n), e: hexOf(e) } },
  };

  it('is screened like any other, and so are its subkeys', () => {
    const issues = screenKey(parsePublicKey({ ...short, subkeys: { cd: { ...short, keyid: 'cd' } } }));
    expect(issues.map(({ code, keyid }) => [code, keyid])).toEqual([
      ['KEY_RSA_SHORT', 'ab'],
      ['KEY_RSA_SHORT', 'cd'],
    ]);
  });

  it('is warned about under another id than its fingerprint', () => {
    const issues = screenKey(parsePublicKey({ ...short, creation_time: 1_500_000_000 }));
    expect(issues.map(({ code, severity }) => [code, severity])).toEqual([
      ['KEY_RSA_SHORT', 'refuse'],
      ['KEY_ID_FOREIGN', 'warn'],
    ]);
  });

  it('that lacks what its type needs is refused', () => {
    expect(codesOf(parsePublicKey({ ...short, hashes: ['SHA1'] }))).toContain('KEY_UNREADABLE');
  });
});

describe('a key object', () => {
  it('that holds the private key is refused', () => {
    const publicKey = rawKey();
    const raw = { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: publicKey, private: 'secret' } };
    expect(codesOf(parsePublicKey({ ...raw, keyid: keyIdOf(raw, '2.x') }))).toEqual(['KEY_PRIVATE_PART']);
  });

  it('whose text is not even Unicode is refused, not stumbled over', () => {
    const raw = { keyid: 'ab', keytype: 'rsa', scheme: 'rsassa-pss-sha256', keyval: { public: '\ud800' } };
    expect(codesOf(parsePublicKey(raw))).toEqual(['KEY_UNREADABLE']);
  });

  it('under an id of its own is let in with a warning', () => {
    const key = parsePublicKey({ ...ed25519Key(rawKey()).raw, keyid: 'ab' });
    expect(screenKey(key)).toMatchObject([{ code: 'KEY_ID_FOREIGN', severity: 'warn', keyid: 'ab' }]);
  });
});

function codesOf(key: PublicKey): string[] {
  return screenKey(key).map((issue) => issue.code);
}

function ed25519Key(publicKey: string): PublicKey {
  return sslKey('ed25519', 'ed25519', publicKey);
}

function pemKey(keytype: string, scheme: string, key: KeyObject): PublicKey {
  return sslKey(keytype, scheme, key.export({ format: 'pem', type: 'spki' }).toString());
}

function sslKey(keytype: string, scheme: string, text: string): PublicKey {
  const raw = { keytype, scheme, keyval: { public: text } };
  return parsePublicKey({ ...raw, keyid: keyIdOf(raw, '2.x') });
}

function rawKey(): string {
  return hexOf(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x);
}

/** (x, y) + (0, -1) = (-x, -y) on this curve. */
function plusOrderTwo(publicKey: string): string {
  const point = Point.fromHex(publicKey).add(Point.fromHex(`ec${'ff'.repeat(30)}7f`));
  return hexFromBytes(point.toBytes());
}

function hexOf(base64url: string | undefined): string {
  return Buffer.from(base64url ?? '', 'base64url').toString('hex');
}
