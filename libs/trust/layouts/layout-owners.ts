import { type Metadata, parsePublicKey, signatureChecker } from '#in-toto/index.js';
import type { Reader } from '#persistence/transaction.js';
import { rootInForce } from '#persistence/trust/root-in-force.js';
import { inTurns } from '#platform/in-turns.js';
import { Problem } from '#platform/problems.js';
import { type WeighedSigners, weighSigners } from '../weigh-signers.js';

/** Who of the chain's owners has signed a layout that was received at that time, and whether they are enough. */
export interface LayoutOwners extends WeighedSigners {
  readonly threshold: number;
}

export async function layoutOwners(
  reader: Reader,
  chainId: number,
  metadata: Metadata,
  receivedAt: Date,
  at: Date,
): Promise<LayoutOwners> {
  const root = await rootInForce(reader, chainId);
  if (!root) {
    throw new Problem('CHAIN_UNKNOWN');
  }
  // Each signature is over all of the layout, so each key has a turn of its own.
  const check = signatureChecker(metadata, at);
  const signed = await inTurns(root.keys, ({ key }) => check(parsePublicKey(key)).valid);
  const signers = root.keys.filter((_, index) => signed[index]);
  return { threshold: root.threshold, ...(await weighSigners(reader, chainId, signers, receivedAt)) };
}

export function requireEnough({ threshold, owners, refused }: LayoutOwners, { signatures }: Metadata): void {
  if (signatures.length === 0) {
    throw new Problem('UNSIGNED');
  }
  if (owners.length < threshold) {
    const named = signatures.map(({ keyid }) => keyid).join(', ');
    throw new Problem('LAYOUT_NOT_SIGNED_BY_OWNERS', {
      detail: `${threshold} of the owners must sign; those whose signatures count: ${owners.join(', ') || 'none'}; the file is signed by ${named}.`,
      errors: refused,
    });
  }
}
