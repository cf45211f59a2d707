import { constants, createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { concat, isOneDerValue } from './der.js';

/*
 * The one place where this library meets a cryptographic provider. It loads keys, verifies and hashes; what a key or a
 * signature means is decided by its callers.
 */

export type HashName = 'sha224' | 'sha256' | 'sha384' | 'sha512';

export type SignatureAlgorithm =
  | { readonly name: 'ed25519' }
  | { readonly name: 'rsa-pss' | 'rsa-pkcs1v15' | 'ecdsa' | 'dsa'; readonly hash: HashName };

/** A public key in the provider's hands. */
export interface VerificationKey {
  readonly type: 'ed25519' | 'rsa' | 'ec' | 'dsa' | 'other';
  /** Of RSA and DSA. */
  readonly modulusBits: number | undefined;
  /** Of RSA. */
  readonly publicExponent: bigint | undefined;
  /** Of DSA. */
  readonly divisorBits: number | undefined;
  /** Of EC keys on a curve that OpenSSL has a name for: `prime256v1`, `secp384r1`. */
  readonly curve: string | undefined;
  readonly handle: KeyObject;
}

export function sha256(...parts: Uint8Array[]): Uint8Array {
  return digest('sha256', parts);
}

/** For OpenPGP fingerprints only, which are defined by it (RFC 4880, 12.2). */
export function sha1(...parts: Uint8Array[]): Uint8Array {
  return digest('sha1', parts);
}

function digest(algorithm: string, parts: Uint8Array[]): Uint8Array {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** Reads a DER key; undefined if it is none, or its point is not on the curve. */
export function loadKey(der: Uint8Array, format: 'spki' | 'pkcs1'): VerificationKey | undefined {
  if (!isOneDerValue(der)) return undefined;
  return cached(`${format}:${Buffer.from(der).toString('base64')}`, () => {
    const handle = createPublicKey({ key: Buffer.from(der), format: 'der', type: format });
    const details = handle.asymmetricKeyDetails;
    return {
      type: keyType(handle.asymmetricKeyType),
      modulusBits: details?.modulusLength,
      publicExponent: details?.publicExponent,
      divisorBits: details?.divisorLength,
      curve: details?.namedCurve === 'UNDEF' ? undefined : details?.namedCurve,
      handle,
    };
  });
}

const ED25519_SPKI_HEADER = Uint8Array.from(Buffer.from('302a300506032b6570032100', 'hex'));

/** Any 32 bytes make a key here, even points that sign everything: see screen-key.ts. */
export function loadEd25519Key(publicKey: Uint8Array): VerificationKey | undefined {
  return publicKey.length === 32 ? loadKey(concat([ED25519_SPKI_HEADER, publicKey]), 'spki') : undefined;
}

/** The key as a SubjectPublicKeyInfo, the same bytes however it was written: an EC point is never compressed. */
export function spkiOf({ type, handle }: VerificationKey): Uint8Array {
  const known = spkis.get(handle);
  if (known) return known;
  const plain = type === 'ec' ? attempt(() => uncompressed(handle)) : undefined;
  const spki = new Uint8Array((plain ?? handle).export({ format: 'der', type: 'spki' }));
  spkis.set(handle, spki);
  return spki;
}

const spkis = new WeakMap<KeyObject, Uint8Array>();

/** JSON Web Keys hold both coordinates. There are none for the curves that nobody should use. */
function uncompressed(handle: KeyObject): KeyObject {
  return createPublicKey({ key: handle.export({ format: 'jwk' }), format: 'jwk' });
}

function keyType(type: string | undefined): VerificationKey['type'] {
  return type === 'ed25519' || type === 'rsa' || type === 'ec' || type === 'dsa' ? type : 'other';
}

export function keyTypeOf({ name }: SignatureAlgorithm): VerificationKey['type'] {
  return name === 'ecdsa' ? 'ec' : name === 'ed25519' || name === 'dsa' ? name : 'rsa';
}

/** Whether the algorithm can use the key at all. */
export function fits(key: VerificationKey, algorithm: SignatureAlgorithm): boolean {
  return key.type === keyTypeOf(algorithm) && hasPossibleExponent(key) && isOnKnownCurve(key);
}

/** A key may bring curve parameters of its own, with a base point chosen so that someone else can sign (CVE-2020-0601). */
function isOnKnownCurve({ type, curve }: VerificationKey): boolean {
  return type !== 'ec' || curve !== undefined;
}

/** With an exponent of 1 every padded message is its own signature; even ones cannot be inverted. */
function hasPossibleExponent({ publicExponent }: VerificationKey): boolean {
  return publicExponent === undefined || (publicExponent >= 3n && publicExponent % 2n === 1n);
}

export function verifySignature(
  algorithm: SignatureAlgorithm,
  key: VerificationKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  // A provider that gives up has not verified.
  return (
    fits(key, algorithm) && attempt(() => verifyWith(algorithm, key.handle, message, signature)) === true
  );
}

function verifyWith(
  algorithm: SignatureAlgorithm,
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  switch (algorithm.name) {
    case 'ed25519':
      return verify(null, message, key, signature);
    case 'rsa-pss':
      return verify(algorithm.hash, message, { key, ...PSS }, signature);
    case 'rsa-pkcs1v15':
      return verify(algorithm.hash, message, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
    case 'ecdsa':
    case 'dsa':
      return verify(algorithm.hash, message, key, signature);
  }
}

// The reference takes any salt length (PSS.AUTO).
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO };

/** Loading a key costs more than verifying with it, and few keys sign most links. Least recently used first. */
const keys = new Map<string, VerificationKey>();
const MOST_KEYS = 1024;
const LONGEST_NAME = 8192;

export function cached(name: string, load: () => VerificationKey | undefined): VerificationKey | undefined {
  const key = keys.get(name) ?? attempt(load);
  if (!key || name.length > LONGEST_NAME) return key;
  keys.delete(name);
  keys.set(name, key);
  for (const oldest of keys.keys()) {
    if (keys.size <= MOST_KEYS) break;
    keys.delete(oldest);
  }
  return key;
}

function attempt<T>(load: () => T): T | undefined {
  try {
    return load();
  } catch {
    return undefined;
  }
}
