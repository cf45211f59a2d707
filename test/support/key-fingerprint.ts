import { fingerprintOf, parsePublicKey } from '#in-toto/index.js';
import type { SigningKey } from './supply-chain-keys.js';

/** What the key register calls the key, hexadecimal. */
export function keyFingerprint({ publicKey }: Pick<SigningKey, 'publicKey'>): string {
  const fingerprint = fingerprintOf(parsePublicKey(publicKey));
  if (!fingerprint) throw new Error('the key has no fingerprint');
  return fingerprint;
}
