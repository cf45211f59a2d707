import { canonicalJson } from '../json/canonical-json.js';
import { type JsonObject, member } from '../json/value.js';
import { sha256 } from './crypto.js';
import { hexFromBytes } from './hex.js';
import { publicText } from './public-key.js';

/** How a generation of the in-toto tools names keys. Tools of 3.x name them as those of 2.x do. */
export type KeyIdStyle = '1.x' | '2.x';

/**
 * The id that the tools give to a key: the SHA-256 of the canonical JSON of its public part. Verification never recomputes
 * it; it serves to recognise a key under its usual names.
 *
 * 2.x: keytype, scheme and the public value as it is, for a PEM with its final newline.
 * 1.x: also `keyid_hash_algorithms`, and a PEM without white space at its ends. So one key has a different id in each.
 */
export function keyIdOf(key: JsonObject, style: KeyIdStyle): string {
  const described = { keytype: member(key, 'keytype') ?? null, scheme: member(key, 'scheme') ?? null };
  const text = publicText(key);
  const hashed =
    style === '2.x'
      ? { ...described, keyval: { public: text } }
      : { ...described, keyid_hash_algorithms: ['sha256', 'sha512'], keyval: { public: text.trim() } };
  return hexFromBytes(sha256(canonicalJson(hashed)));
}
