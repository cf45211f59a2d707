import type { Transaction } from '../transaction.js';

export interface NewLayout {
  readonly id: Buffer;
  /** sha256 of what the signatures cover. */
  readonly statement: Buffer;
  readonly expires: Date;
  /** Only where an activation of earlier is written again. */
  readonly activation?: { readonly version: number; readonly at: Date };
}

/** Puts a layout in force, with the next version. The caller holds the row of the chain. */
export async function insertLayout(
  tx: Transaction,
  chainId: number,
  { id, statement, expires, activation }: NewLayout,
): Promise<{ version: number; receivedAt: Date }> {
  const [row] = await tx.query<[{ version: number; received_at: Date }]>(
    `insert into layout (chain_id, id, statement, version, expires_at, received_at)
     select $1, $2, $3, coalesce($5, max(version) + 1, 1), $4,
            coalesce($6, date_trunc('milliseconds', clock_timestamp()))
       from layout where chain_id = $1 returning version, received_at`,
    [chainId, id, statement, expires, activation?.version ?? null, activation?.at ?? null],
  );
  await tx.query('update chain set active_layout = $2 where id = $1', [chainId, id]);
  return { version: row.version, receivedAt: row.received_at };
}
