import type { VerificationKey } from './crypto.js';
import { gpgKeyType, loadGpgKey } from './gpg-key.js';
import type { PublicKey } from './public-key.js';
import { loadSslKey } from './ssl-key.js';

/** The key in the provider's hands, whatever form it came in; undefined if it cannot be used. */
export function loadedKey(key: PublicKey): VerificationKey | undefined {
  if (key.form === 'ssl') return loadSslKey(key);
  const type = gpgKeyType(key.raw);
  return type && loadGpgKey(key.raw, type);
}
