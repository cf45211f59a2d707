import { isObject, isString, type JsonValue, member } from '../json/value.js';
import { ed25519Key, verifyEd25519 } from './crypto.js';
import { bytesFromHex } from './hex.js';
import type { PublicKey } from './public-key.js';

/** One entry of a `signatures` list. Metadata does not type-check its members, so neither does this. */
export type KeySignature =
  | { readonly form: 'raw'; readonly keyid: string; readonly sig: Uint8Array | JsonValue }
  | {
      readonly form: 'gpg';
      readonly keyid: string;
      readonly signature: JsonValue;
      readonly otherHeaders: JsonValue;
    };

/**
 * `MALFORMED`: the bytes are no signature. `KEY_UNUSABLE`: the key cannot be read, or cannot check this form of signature.
 * Where the reference abandons the whole verification instead of skipping one signature, `fatal` is set.
 */
export type SignatureCheck =
  | { readonly valid: true }
  | {
      readonly valid: false;
      readonly reason: 'INVALID' | 'MALFORMED' | 'KEY_EXPIRED' | 'KEY_UNUSABLE';
      readonly fatal: boolean;
    };

/** Checks one signature with one key, as it stands at the time `at`. The caller picks which signature a key must answer for. */
export function verifyKeySignature(
  key: PublicKey,
  signature: KeySignature,
  message: Uint8Array,
  _at: Date,
): SignatureCheck {
  if (signature.form === 'gpg' || key.form === 'gpg') return refused('KEY_UNUSABLE', { fatal: true });
  if (signature.keyid !== key.keyid) return refused('INVALID');
  const bytes = signatureBytes(signature.sig);
  if (!bytes) return refused('MALFORMED');
  return verifySslSignature(key, bytes, message);
}

function signatureBytes(sig: Uint8Array | JsonValue): Uint8Array | undefined {
  if (sig instanceof Uint8Array) return sig;
  return isString(sig) ? bytesFromHex(sig) : undefined;
}

function verifySslSignature(key: PublicKey, signature: Uint8Array, message: Uint8Array): SignatureCheck {
  const publicValue = publicText(key);
  if (key.scheme !== 'ed25519') return refused('KEY_UNUSABLE');
  const bytes = bytesFromHex(publicValue);
  const loaded = bytes && ed25519Key(bytes);
  if (!loaded) return refused('KEY_UNUSABLE');
  return verifyEd25519(loaded, message, signature) ? { valid: true } : refused('INVALID');
}

function publicText(key: PublicKey): string {
  const keyval = member(key.raw, 'keyval');
  const text = isObject(keyval) ? member(keyval, 'public') : undefined;
  return isString(text) ? text : '';
}

function refused(
  reason: 'INVALID' | 'MALFORMED' | 'KEY_EXPIRED' | 'KEY_UNUSABLE',
  { fatal } = { fatal: false },
): SignatureCheck {
  return { valid: false, reason, fatal };
}
