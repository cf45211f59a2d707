import type { Transaction } from '../transaction.js';
import type { NewLink } from './new-link.js';

/** Who is recorded to have said something later than he now proves to have is recorded anew. */
export const EARLIEST_STANDS = `
  on conflict (chain_id, statement, signer) do update
     set seq = excluded.seq, received_at = excluded.received_at where statement_signer.seq > excluded.seq`;

/** Of a link that is there already: since its file came it is known that they say so. */
export function recordSigners(
  tx: Transaction,
  chainId: number,
  { id, signers }: Pick<NewLink, 'id' | 'signers'>,
): Promise<unknown> {
  return tx.query(
    `insert into statement_signer (chain_id, statement, signer, seq, received_at)
     select chain_id, statement, signer, seq, received_at
       from (select * from link where chain_id = $1 and id = $2 offset 0) link cross join unnest($3::bytea[]) signer
      order by signer ${EARLIEST_STANDS}`,
    [chainId, id, signers],
  );
}
