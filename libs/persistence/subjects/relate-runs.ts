import type { Transaction } from '../transaction.js';
import type { RunOfSubject } from './known-subjects.js';

interface LinkOfRun {
  readonly run: string;
  /** Distinct sha256 digests, 32 bytes each. */
  readonly products: Buffer;
  readonly declared: Buffer | undefined;
}

/**
 * Relates runs to the known subjects that their links may explain: those that the links declare, and those that one of
 * their products anchors. Returns the relations that are new.
 */
export async function relateRuns(
  tx: Transaction,
  chainId: number,
  links: readonly LinkOfRun[],
): Promise<RunOfSubject[]> {
  const declared = links.flatMap(({ run, declared }) => (declared ? [{ run, subject: declared }] : []));
  return tx.query<RunOfSubject[]>(
    `insert into run_subject (chain_id, run, subject)
     select $1::integer, run, subject from unnest($2::text[], $3::bytea[]) as declared(run, subject)
     union
     select $1::integer, new.run, key.subject
       from unnest($4::text[], $5::bytea[]) as new(run, digests)
      cross join lateral generate_series(0, length(new.digests) / 32 - 1) at
       join subject_key key
         on key.chain_id = $1 and key.product_digest = substring(new.digests from at * 32 + 1 for 32)
     on conflict do nothing
     returning run, subject`,
    [
      chainId,
      declared.map(({ run }) => run),
      declared.map(({ subject }) => subject),
      links.map(({ run }) => run),
      links.map(({ products }) => products),
    ],
  );
}
