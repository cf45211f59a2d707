import { parsePublicKey } from '#in-toto/index.js';
import type { Transaction } from '../transaction.js';
import { describeKey } from './describe-key.js';
import { keyRecords } from './key-records.js';
import { registerKeys } from './register-keys.js';
import { isNamed, type OwnerKey, type TrustedRoot } from './root-in-force.js';

/** Keeps a version of the chain's root, and sees to it that the register knows its keys and who holds them. */
export async function insertRoot(
  tx: Transaction,
  chainId: number,
  { version, threshold, keys, id }: TrustedRoot & { readonly id: Buffer | null },
  by: { readonly actor: string; readonly reason: string },
): Promise<void> {
  await tx.query(
    'insert into trust_root (chain_id, version, id, owners, threshold) values ($1, $2, $3, $4, $5)',
    [chainId, version, id, JSON.stringify(keys), threshold],
  );
  const publicKeys = keys.map(({ key }) => parsePublicKey(key));
  await registerKeys(tx, chainId, publicKeys, by);
  await nameHolders(tx, chainId, keys, by);
}

/**
 * Thresholds are counted by the register, and who the owners are is for the root to say, which they have signed. Where it
 * names nobody, the register may.
 */
async function nameHolders(
  tx: Transaction,
  chainId: number,
  keys: readonly OwnerKey[],
  by: { readonly actor: string; readonly reason: string },
): Promise<void> {
  const fingerprints = keys.map(({ fingerprint }) => fingerprint);
  const records = await keyRecords(tx, chainId, fingerprints);
  for (const { owner, fingerprint } of keys.filter(isNamed)) {
    if (records.get(fingerprint)?.owner !== owner) {
      await describeKey(tx, chainId, Buffer.from(fingerprint, 'hex'), { owner }, by);
    }
  }
}
