import type { Transaction } from '../transaction.js';

/** Keeps which keys a subject's current verdict was found with, so that a replay finds the subjects of a key. */
export async function keepVerdictKeys(
  tx: Transaction,
  chainId: number,
  subject: Buffer,
  fingerprints: readonly string[],
): Promise<void> {
  const keys = [...new Set(fingerprints)].sort().map((fingerprint) => Buffer.from(fingerprint, 'hex'));
  await tx.query(
    `with gone as (
       delete from verdict_key where chain_id = $1 and subject = $2 and fingerprint <> all($3::bytea[]))
     insert into verdict_key (chain_id, fingerprint, subject)
     select $1::integer, fingerprint, $2::bytea from unnest($3::bytea[]) fingerprint on conflict do nothing`,
    [chainId, subject, keys],
  );
}
