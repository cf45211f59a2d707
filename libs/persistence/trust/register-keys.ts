import { algorithmNameOf, fingerprintOf, type PublicKey } from '#in-toto/index.js';
import { Problem } from '#platform/problems.js';
import { refuseUnstorable } from '#platform/refuse-unstorable.js';
import type { Transaction } from '../transaction.js';
import { recordEvent } from './record-event.js';

/**
 * Sees to it that the chain knows these keys: of a layout, of a root. A key that it knows keeps what was said of it, and
 * is from then on known under this id too. A key and its subkeys are one: whoever may sign with one has them all.
 */
export async function registerKeys(
  tx: Transaction,
  chainId: number,
  keys: readonly PublicKey[],
  by: { readonly actor: string; readonly reason: string },
): Promise<void> {
  await tx.query('select from chain where id = $1 for update', [chainId]);
  for (const key of keys) {
    await registerKey(tx, chainId, key, by);
  }
}

/** True if the chain did not know the key. */
async function registerKey(
  tx: Transaction,
  chainId: number,
  key: PublicKey,
  by: { readonly actor: string; readonly reason: string },
): Promise<boolean> {
  const hex = fingerprintOf(key);
  const algorithm = algorithmNameOf(key);
  if (hex === undefined || algorithm === undefined) {
    throw new Problem('KEY_INVALID', { detail: `The key ${key.keyid} cannot be read.` });
  }
  refuseUnstorable(key.raw, 'KEY_INVALID', [key.keyid]);
  const fingerprint = Buffer.from(hex, 'hex');
  const keyids = [key.keyid, ...key.subkeys.keys()];
  const inserted = await tx.query<object[]>(
    `insert into trust_key (chain_id, fingerprint, key, keyids, algorithm, owner)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning 1`,
    [chainId, fingerprint, JSON.stringify(key.raw), keyids, algorithm, hex],
  );
  if (inserted.length > 0) {
    await recordEvent(
      tx,
      chainId,
      { kind: 'key-registered', fingerprint, body: { keyids, algorithm }, ...by },
      false,
    );
    return true;
  }
  await nameKnownKey(tx, chainId, { fingerprint, keyids, algorithm });
  return false;
}

/** The algorithm is pinned: a key that verifies by two could be made to accept under one what was signed under the other. */
async function nameKnownKey(
  tx: Transaction,
  chainId: number,
  { fingerprint, keyids, algorithm }: { fingerprint: Buffer; keyids: string[]; algorithm: string },
): Promise<void> {
  const [known] = await tx.query<[{ algorithm: string }]>(
    `select algorithm from trust_key where chain_id = $1 and fingerprint = $2`,
    [chainId, fingerprint],
  );
  if (known.algorithm !== algorithm) {
    throw new Problem('KEY_ALGORITHM_PINNED', {
      detail: `The key ${fingerprint.toString('hex')} is registered for ${known.algorithm}, not for ${algorithm}.`,
    });
  }
  await tx.query(
    `update trust_key set keyids = (select array_agg(distinct keyid) from unnest(keyids || $3::text[]) keyid)
      where chain_id = $1 and fingerprint = $2 and not keyids @> $3::text[]`,
    [chainId, fingerprint, keyids],
  );
}
