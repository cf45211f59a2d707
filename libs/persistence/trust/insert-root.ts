import { parsePublicKey } from '#in-toto/index.js';
import type { Transaction } from '../transaction.js';
import { recordEvent } from './record-event.js';
import { registerKeys } from './register-keys.js';
import type { OwnerKey, TrustedRoot } from './root-in-force.js';

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

/** Thresholds are counted by the register, and who the owners are is for the root to say, which they have signed. */
async function nameHolders(
  tx: Transaction,
  chainId: number,
  keys: readonly OwnerKey[],
  by: { readonly actor: string; readonly reason: string },
): Promise<void> {
  for (const { owner, fingerprint } of keys) {
    const id = Buffer.from(fingerprint, 'hex');
    const [, named] = await tx.query<[unknown, number]>(
      'update trust_key set owner = $3 where chain_id = $1 and fingerprint = $2 and owner <> $3',
      [chainId, id, owner],
    );
    if (named > 0) {
      await recordEvent(tx, chainId, { kind: 'key-described', fingerprint: id, body: { owner }, ...by });
    }
  }
}
