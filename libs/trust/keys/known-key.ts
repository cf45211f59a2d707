import type { Reader } from '#persistence/transaction.js';
import { findKeys, type RegisteredKey } from '#persistence/trust/find-keys.js';
import { Problem } from '#platform/problems.js';

/** The key that a request names by its fingerprint, or by an id that no other key of the chain has. */
export async function knownKey(reader: Reader, chainId: number, name: string): Promise<RegisteredKey> {
  const [key, ...others] = await findKeys(reader, chainId, name);
  if (!key) {
    throw new Problem('KEY_UNKNOWN');
  }
  if (others.length > 0) {
    const fingerprints = [key, ...others].map(({ fingerprint }) => fingerprint.toString('hex'));
    throw new Problem('KEY_AMBIGUOUS', {
      detail: `The keys ${fingerprints.join(', ')} have the id ${name}.`,
    });
  }
  return key;
}
