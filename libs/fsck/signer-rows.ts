import { WHOEVER } from '#persistence/links/statement-signer.entity.js';
import type { Reader } from '#persistence/transaction.js';
import type { LinkRow } from './link-rows.js';
import type { Derived } from './mend-links.js';

/** Places of links whose signers are not recorded to have said so by the time when the link came. */
export async function lackingSigners(
  reader: Reader,
  chainId: number,
  links: readonly { readonly row: LinkRow; readonly derived: Derived }[],
): Promise<ReadonlySet<string>> {
  const signed = links.flatMap(({ row, derived }) => derived.signers.map((signer) => ({ row, signer })));
  const rows = await reader.query<{ seq: string }[]>(
    `select distinct own.seq from unnest($2::bigint[], $3::bytea[], $4::bytea[]) own(seq, statement, signer)
      where not exists (
        select from statement_signer same
         where same.chain_id = $1 and same.statement = own.statement and same.signer in (own.signer, $5)
           and same.seq <= own.seq)`,
    [
      chainId,
      signed.map(({ row }) => row.seq),
      signed.map(({ row }) => row.statement),
      signed.map(({ signer }) => signer),
      WHOEVER,
    ],
  );
  return new Set(rows.map(({ seq }) => seq));
}
