import { isString, type JsonValue } from '../json/value.js';
import { fits, verifySignature } from './crypto.js';
import { type GpgSignature, verifyGpgSignature } from './gpg-signature.js';
import { bytesFromHex } from './hex.js';
import type { PublicKey } from './public-key.js';
import { refused, type SignatureCheck } from './signature-check.js';
import { algorithmOf, loadSslKey } from './ssl-key.js';

export type { SignatureCheck } from './signature-check.js';

/** One entry of a `signatures` list. Metadata does not type-check its members, so neither does this. */
export type KeySignature = RawSignature | GpgSignature;

export interface RawSignature {
  readonly form: 'raw';
  readonly keyid: string;
  /** Bytes, or hexadecimal digits as a Metablock has them. */
  readonly sig: Uint8Array | JsonValue;
}

/** Checks one signature with one key, as it stands at the time `at`. Which signature a key must answer for is the caller's choice. */
export function verifyKeySignature(
  key: PublicKey,
  signature: KeySignature,
  message: Uint8Array,
  at: Date,
): SignatureCheck {
  return signature.form === 'gpg'
    ? verifyGpgSignature(key, signature, message, at)
    : verifyRawSignature(key, signature, message);
}

function verifyRawSignature(key: PublicKey, signature: RawSignature, message: Uint8Array): SignatureCheck {
  if (key.form !== 'ssl') return refused('KEY_UNUSABLE', { fatal: true });
  if (signature.keyid !== key.keyid) return refused('INVALID');
  const bytes = signatureBytes(signature.sig);
  if (!bytes) return refused('MALFORMED');
  const algorithm = algorithmOf(key);
  const loaded = loadSslKey(key);
  if (!algorithm || !loaded || !fits(loaded, algorithm)) return refused('KEY_UNUSABLE');
  return verifySignature(algorithm, loaded, message, bytes) ? { valid: true } : refused('INVALID');
}

function signatureBytes(sig: Uint8Array | JsonValue): Uint8Array | undefined {
  if (sig instanceof Uint8Array) return sig;
  return isString(sig) ? bytesFromHex(sig) : undefined;
}
