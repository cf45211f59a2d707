import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import type { JsonObject } from '#in-toto/json/value.js';
import { type KeyIdStyle, keyIdOf } from '#in-toto/keys/keyid.js';

export type KeyKind = 'ed25519' | 'rsa' | 'ecdsa-p256' | 'ecdsa-p384';

/** A functionary or owner: the public key object for a layout, and the power to sign. */
export interface SigningKey {
  readonly keyid: string;
  readonly publicKey: JsonObject;
  sign(message: Uint8Array): Uint8Array;
  /** The entry in a Metablock's `signatures`, where it is another than `{keyid, sig}`. */
  metablockSignature?(message: Uint8Array): JsonObject;
}

export interface KeyOptions {
  /** How the in-toto tools of that generation write the key and compute its id. */
  readonly style?: KeyIdStyle;
  /** The same seed gives the same key, and with Ed25519 the same signatures. Only for Ed25519. */
  readonly seed?: string;
}

export function createKey(kind: KeyKind, { style = '2.x', seed }: KeyOptions = {}): SigningKey {
  const privateKey = seed === undefined ? generate(kind) : fromSeed(kind, seed);
  return signingKey(kind, privateKey, style);
}

/** The same private key as tools of another generation name it. */
function signingKey(kind: KeyKind, privateKey: KeyObject, style: KeyIdStyle): SigningKey {
  const publicKey = publicKeyObject(kind, createPublicKey(privateKey), style);
  const keyid = keyIdOf(publicKey, style);
  return {
    keyid,
    publicKey: { ...publicKey, keyid },
    sign: (message) => signWith(kind, privateKey, message),
  };
}

function generate(kind: KeyKind): KeyObject {
  switch (kind) {
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    case 'ecdsa-p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'ecdsa-p384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  }
}

const ED25519_PKCS8_HEADER = Buffer.from('302e020100300506032b657004220420', 'hex');

function fromSeed(kind: KeyKind, seed: string): KeyObject {
  if (kind !== 'ed25519') throw new Error(`a ${kind} key cannot be made from a seed`);
  const secret = createHash('sha256').update(seed).digest();
  return createPrivateKey({
    key: Buffer.concat([ED25519_PKCS8_HEADER, secret]),
    format: 'der',
    type: 'pkcs8',
  });
}

const NAMES = {
  ed25519: { keytype: 'ed25519', scheme: 'ed25519' },
  rsa: { keytype: 'rsa', scheme: 'rsassa-pss-sha256' },
  'ecdsa-p256': { keytype: 'ecdsa', scheme: 'ecdsa-sha2-nistp256' },
  'ecdsa-p384': { keytype: 'ecdsa', scheme: 'ecdsa-sha2-nistp384' },
};

function publicKeyObject(kind: KeyKind, publicKey: KeyObject, style: KeyIdStyle): JsonObject {
  const text = publicText(kind, publicKey);
  if (style === '2.x') return { ...NAMES[kind], keyval: { public: text } };
  return {
    ...NAMES[kind],
    keyid_hash_algorithms: ['sha256', 'sha512'],
    keyval: kind === 'rsa' ? { private: '', public: text.trim() } : { public: text.trim() },
  };
}

function publicText(kind: KeyKind, publicKey: KeyObject): string {
  if (kind !== 'ed25519') return publicKey.export({ format: 'pem', type: 'spki' }).toString();
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
}

function signWith(kind: KeyKind, key: KeyObject, message: Uint8Array): Uint8Array {
  switch (kind) {
    case 'ed25519':
      return sign(null, message, key);
    case 'rsa':
      return sign('sha256', message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    case 'ecdsa-p256':
      return sign('sha256', message, key);
    case 'ecdsa-p384':
      return sign('sha384', message, key);
  }
}
