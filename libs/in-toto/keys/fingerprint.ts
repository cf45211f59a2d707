import { sha256, spkiOf } from './crypto.js';
import { hexFromBytes } from './hex.js';
import { loadedKey } from './loaded-key.js';
import type { PublicKey } from './public-key.js';

/**
 * SHA-256 of the key's SubjectPublicKeyInfo: the same for one key under two ids, in two schemes, as PEM or from OpenPGP.
 * Undefined if the key cannot be read. Key ids do not tell keys apart; this does.
 */
export function fingerprintOf(key: PublicKey): string | undefined {
  const fingerprint = fingerprints.get(key) ?? computed(key);
  if (fingerprint !== undefined) fingerprints.set(key, fingerprint);
  return fingerprint;
}

/** The keys of a parsed layout are asked for again with every link. */
const fingerprints = new WeakMap<PublicKey, string>();

function computed(key: PublicKey): string | undefined {
  const loaded = loadedKey(key);
  return loaded && hexFromBytes(sha256(spkiOf(loaded)));
}
