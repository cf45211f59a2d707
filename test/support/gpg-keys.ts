import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { JsonObject } from '#in-toto/json/value.js';
import { gpgFingerprint } from '#in-toto/keys/gpg-fingerprint.js';
import type { SigningKey } from './supply-chain-keys.js';

export type GpgKind = 'rsa' | 'dsa' | 'eddsa';

export interface GpgOptions {
  readonly creationTime?: number;
  /** In seconds. */
  readonly validity?: number;
  /** Keys that sign in the name of this one. */
  readonly subkeys?: readonly SigningKey[];
}

const METHODS = { rsa: 'pgp+rsa-pkcsv1.5', dsa: 'pgp+dsa-fips-180-2', eddsa: 'pgp+eddsa-ed25519' };
const ALGORITHMS = { rsa: 0x01, dsa: 0x11, eddsa: 0x16 };

/** A key as in-toto reads it from a GnuPG keyring, made without GnuPG. */
export function createGpgKey(
  kind: GpgKind,
  { creationTime = 1_600_000_000, validity, subkeys = [] }: GpgOptions = {},
): SigningKey {
  const { publicKey, privateKey } = generate(kind);
  const object = {
    type: kind,
    method: METHODS[kind],
    hashes: ['pgp+SHA2'],
    creation_time: creationTime,
    ...(validity === undefined ? {} : { validity_period: validity }),
    keyval: { private: '', public: numbersOf(kind, publicKey) },
    ...(subkeys.length === 0
      ? {}
      : { subkeys: Object.fromEntries(subkeys.map((key) => [key.keyid, key.publicKey])) }),
  };
  const keyid = gpgFingerprint(object, kind) ?? '';
  const otherHeaders = Buffer.from([4, 0, ALGORITHMS[kind], 8, 0, 6, 5, 2, 0x5f, 0x5e, 0x10, 0]);
  const signPacket = (message: Uint8Array) => gpgSign(privateKey, message, otherHeaders);
  return {
    keyid,
    publicKey: { ...object, keyid },
    sign: signPacket,
    metablockSignature: (message) => ({
      keyid,
      signature: signPacket(message).toString('hex'),
      other_headers: otherHeaders.toString('hex'),
    }),
  };
}

function generate(kind: GpgKind): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (kind) {
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
    case 'dsa':
      return generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 });
    case 'eddsa':
      return generateKeyPairSync('ed25519');
  }
}

/** RFC 4880, 5.2.4: the content, the packet's own hashed part, and a trailer with the length of that. */
function gpgSign(key: KeyObject, message: Uint8Array, headers: Buffer): Buffer {
  const hashed = Buffer.concat([message, headers, Buffer.of(4, 0xff, 0, 0, 0, headers.length)]);
  if (key.asymmetricKeyType !== 'ed25519') return sign('sha256', hashed, key);
  return sign(null, createHash('sha256').update(hashed).digest(), key);
}

function numbersOf(kind: GpgKind, key: KeyObject): JsonObject {
  if (kind === 'dsa') return dsaNumbers(key.export({ format: 'der', type: 'spki' }));
  const { n, e, x } = key.export({ format: 'jwk' });
  return kind === 'rsa' ? { n: hexOf(n), e: hexOf(e) } : { q: hexOf(x) };
}

/** The integers in the DER of a DSA key: p, q and g, then y. */
function dsaNumbers(der: Buffer): JsonObject {
  const [INTEGER, BIT_STRING] = [0x02, 0x03];
  const numbers: string[] = [];
  for (let at = der.indexOf('2a8648ce380401', 'hex') + 7; at < der.length; ) {
    const first = der.readUInt8(at + 1);
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    const content = at + 2 + lengthBytes;
    const end = content + (lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes));
    if (der[at] === INTEGER) numbers.push(der.toString('hex', content, end));
    at = der[at] === INTEGER ? end : der[at] === BIT_STRING ? content + 1 : content;
  }
  const [p = '', q = '', g = '', y = ''] = numbers;
  return { p, q, g, y };
}

function hexOf(base64url: string | undefined): string {
  return Buffer.from(base64url ?? '', 'base64url').toString('hex');
}
