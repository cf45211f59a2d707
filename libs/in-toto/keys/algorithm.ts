import type { SignatureAlgorithm } from './crypto.js';
import { gpgAlgorithm, gpgKeyType } from './gpg-key.js';
import type { PublicKey } from './public-key.js';
import { algorithmOf } from './ssl-key.js';

/** How the key verifies, whatever form it came in; undefined if it cannot. */
export function algorithmOfKey(key: PublicKey): SignatureAlgorithm | undefined {
  if (key.form === 'ssl') return algorithmOf(key);
  const type = gpgKeyType(key.raw);
  return type && gpgAlgorithm(type);
}

/** The same under every name that the schemes have for it: `ed25519`, `rsa-pss-sha256`, `ecdsa-sha384` … */
export function algorithmNameOf(key: PublicKey): string | undefined {
  const algorithm = algorithmOfKey(key);
  return algorithm && (algorithm.name === 'ed25519' ? algorithm.name : `${algorithm.name}-${algorithm.hash}`);
}
