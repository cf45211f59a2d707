import { isArray, isObject, isString, type JsonObject, type JsonValue, member } from '../json/value.js';
import { loadEd25519Key, loadKey, type SignatureAlgorithm, type VerificationKey } from './crypto.js';
import { derBitString, derInteger, derObjectIdentifier, derSequence } from './der.js';
import { bytesFromStrictHex } from './hex.js';

export type GpgKeyType = 'rsa' | 'dsa' | 'eddsa';

const KEY_TYPES = {
  rsa: { method: 'pgp+rsa-pkcsv1.5', numbers: ['n'] },
  dsa: { method: 'pgp+dsa-fips-180-2', numbers: ['y', 'p', 'q', 'g'] },
  eddsa: { method: 'pgp+eddsa-ed25519', numbers: ['q'] },
} as const;

const LATEST_TIME = 2 ** 31 - 1;

/**
 * The type of a GPG key object that has everything its type needs (`GPG_PUBKEY_SCHEMA`). The reference looks only when
 * the key is used, and subkeys must be of the type of their main key.
 */
export function gpgKeyType(key: JsonObject): GpgKeyType | undefined {
  const type = member(key, 'type');
  if (type !== 'rsa' && type !== 'dsa' && type !== 'eddsa') return undefined;
  return isGpgKey(key, type) ? type : undefined;
}

function isGpgKey(key: JsonValue, type: GpgKeyType): boolean {
  if (!isObject(key)) return false;
  const hashes = member(key, 'hashes');
  return (
    member(key, 'type') === type &&
    member(key, 'method') === KEY_TYPES[type].method &&
    isArray(hashes) &&
    hashes.every((hash) => hash === 'pgp+SHA2') &&
    isTime(member(key, 'creation_time')) &&
    isTime(member(key, 'validity_period')) &&
    isHexText(member(key, 'keyid')) &&
    isKeyval(member(key, 'keyval'), type) &&
    areSubkeys(member(key, 'subkeys'), type)
  );
}

function isKeyval(keyval: JsonValue | undefined, type: GpgKeyType): boolean {
  const numbers = isObject(keyval) ? member(keyval, 'public') : undefined;
  if (!isObject(keyval) || !isObject(numbers) || member(keyval, 'private') !== '') return false;
  if (type === 'rsa' && !isString(member(numbers, 'e'))) return false;
  return KEY_TYPES[type].numbers.every((name) => isHexText(member(numbers, name)));
}

function areSubkeys(subkeys: JsonValue | undefined, type: GpgKeyType): boolean {
  if (subkeys === undefined) return true;
  if (!isObject(subkeys)) return false;
  return Object.entries(subkeys).every(([keyid, subkey]) => isHexText(keyid) && isGpgKey(subkey, type));
}

function isTime(value: JsonValue | undefined): boolean {
  if (value === undefined) return true;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LATEST_TIME;
}

/** Python's `$` lets a final newline through. */
export function isHexText(value: JsonValue | undefined): value is string {
  return isString(value) && /^[a-fA-F0-9]+\n?$/.test(value);
}

/** Whether the key's own validity period has passed. A key without one, or without a creation time, never expires. */
export function isExpired(key: JsonObject, at: Date): boolean {
  const created = member(key, 'creation_time');
  const validity = member(key, 'validity_period');
  if (typeof created !== 'number' || typeof validity !== 'number') return false;
  return created > 0 && validity > 0 && created + validity < at.getTime() / 1000;
}

/** SHA-256 always: `hashes` and `method` do not choose. */
export function gpgAlgorithm(type: GpgKeyType): SignatureAlgorithm {
  if (type === 'eddsa') return { name: 'ed25519' };
  return { name: type === 'rsa' ? 'rsa-pkcs1v15' : 'dsa', hash: 'sha256' };
}

export function loadGpgKey(key: JsonObject, type: GpgKeyType): VerificationKey | undefined {
  switch (type) {
    case 'rsa':
      return loadRsa(keyNumber(key, 'n'), keyNumber(key, 'e'));
    case 'dsa':
      return loadDsa(keyNumber(key, 'p'), keyNumber(key, 'q'), keyNumber(key, 'g'), keyNumber(key, 'y'));
    case 'eddsa': {
      const q = bytesFromStrictHex(numberText(key, 'q'));
      return q && loadEd25519Key(q);
    }
  }
}

function loadRsa(n: Uint8Array | undefined, e: Uint8Array | undefined): VerificationKey | undefined {
  return n && e && loadKey(derSequence(derInteger(n), derInteger(e)), 'pkcs1');
}

// OID 1.2.840.10040.4.1, id-dsa (RFC 3279, 2.3.2)
const DSA = derObjectIdentifier(Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01));
const DSA_PRIME_BITS = [1024, 2048, 3072, 4096];
const DSA_ORDER_BITS = [160, 224, 256];

function loadDsa(
  p?: Uint8Array,
  q?: Uint8Array,
  g?: Uint8Array,
  y?: Uint8Array,
): VerificationKey | undefined {
  if (!p || !q || !g || !y) return undefined;
  if (!DSA_PRIME_BITS.includes(bitLength(p)) || !DSA_ORDER_BITS.includes(bitLength(q))) return undefined;
  const parameters = derSequence(derInteger(p), derInteger(q), derInteger(g));
  return loadKey(derSequence(derSequence(DSA, parameters), derBitString(derInteger(y))), 'spki');
}

export function bitLength(magnitude: Uint8Array): number {
  const first = magnitude.findIndex((byte) => byte !== 0);
  if (first < 0) return 0;
  return (magnitude.length - first - 1) * 8 + (32 - Math.clz32(magnitude[first] ?? 0));
}

export function keyNumber(key: JsonObject, name: string): Uint8Array | undefined {
  const digits = numberText(key, name).trim();
  return digits === '' ? undefined : bytesFromStrictHex(digits.length % 2 === 0 ? digits : `0${digits}`);
}

export function numberText(key: JsonObject, name: string): string {
  const keyval = member(key, 'keyval');
  const numbers = isObject(keyval) ? member(keyval, 'public') : undefined;
  const text = isObject(numbers) ? member(numbers, name) : undefined;
  return isString(text) ? text : '';
}
