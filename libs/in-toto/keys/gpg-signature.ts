import type { JsonValue } from '../json/value.js';
import { fits, sha256, verifySignature } from './crypto.js';
import { concat } from './der.js';
import { gpgAlgorithm, gpgKeyType, isExpired, isHexText, loadGpgKey, numberText } from './gpg-key.js';
import { bytesFromStrictHex } from './hex.js';
import type { PublicKey } from './public-key.js';
import { refused, type SignatureCheck } from './signature-check.js';

export interface GpgSignature {
  readonly form: 'gpg';
  readonly keyid: string;
  /** Hexadecimal: the number of RSA, DER of DSA's two, R and S of EdDSA. */
  readonly signature: JsonValue;
  /** Hexadecimal: the signature packet from its version through its hashed subpackets. */
  readonly otherHeaders: JsonValue;
}

/** Checks an OpenPGP signature with the key, or with that subkey of it which the signature names. Needs no gpg. */
export function verifyGpgSignature(
  main: PublicKey,
  signature: GpgSignature,
  message: Uint8Array,
  at: Date,
): SignatureCheck {
  const type = main.form === 'gpg' ? gpgKeyType(main.raw) : undefined;
  if (!type) return refused('KEY_UNUSABLE', { fatal: true });
  if (!isHexText(signature.keyid) || !isHexText(signature.signature) || !isHexText(signature.otherHeaders)) {
    return refused('MALFORMED', { fatal: true });
  }
  const key = main.subkeys.get(signature.keyid) ?? main;
  if (isExpired(key.raw, at)) return refused('KEY_EXPIRED');
  const algorithm = gpgAlgorithm(type);
  const loaded = loadGpgKey(key.raw, type);
  if (!loaded || !fits(loaded, algorithm)) return refused('KEY_UNUSABLE', { fatal: true });
  const bytes = bytesFromStrictHex(type === 'rsa' ? padded(signature.signature, key) : signature.signature);
  const otherHeaders = bytesFromStrictHex(signature.otherHeaders);
  if (!bytes || !otherHeaders) return refused('MALFORMED', { fatal: true });
  const hashed = concat([message, otherHeaders, trailer(otherHeaders)]);
  const signed = type === 'eddsa' ? sha256(hashed) : hashed;
  return verifySignature(algorithm, loaded, signed, bytes) ? { valid: true } : refused('INVALID');
}

/** OpenPGP drops leading zeros of numbers; PKCS #1 wants the signature as long as the modulus. */
function padded(signature: string, key: PublicKey): string {
  return signature.padStart(numberText(key.raw, 'n').length, '0');
}

/** RFC 4880, 5.2.4: version, 0xff and the length of what was hashed of the signature packet. */
function trailer(otherHeaders: Uint8Array): Uint8Array {
  const bytes = Uint8Array.of(0x04, 0xff, 0, 0, 0, 0);
  new DataView(bytes.buffer).setUint32(2, otherHeaders.length);
  return bytes;
}
