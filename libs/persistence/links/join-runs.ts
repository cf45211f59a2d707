import type { Transaction } from '../transaction.js';
import type { LinkInRun } from './new-link.js';

/** A link became a member of a run, or a later attempt in it. */
export interface Membership {
  readonly run: string;
  /** The link's `seq`. */
  readonly link: string;
  /** Its place among memberships. */
  readonly seq: string;
  readonly attempt: number;
}

/** Returns the memberships that are new or were changed. A link joins a run once; a later attempt moves it up. */
export async function joinRuns(
  tx: Transaction,
  chainId: number,
  links: readonly LinkInRun[],
  at: Date,
): Promise<Membership[]> {
  const newest = new Map(links.map((link) => [`${link.seq} ${link.run}`, link]));
  for (const link of links) {
    const key = `${link.seq} ${link.run}`;
    if (link.attempt > (newest.get(key)?.attempt ?? 0)) {
      newest.set(key, link);
    }
  }
  const members = [...newest.values()];
  return tx.query<Membership[]>(
    `insert into run_link (chain_id, run, link, attempt, seq, joined_at)
     select $1, run, link, attempt, coalesce(place, nextval('run_link_seq_seq')), at
       from unnest($2::text[], $3::bigint[], $4::integer[], $5::bigint[], $6::timestamptz[])
            as new(run, link, attempt, place, at) order by run, link
     on conflict (chain_id, run, link) do update set attempt = excluded.attempt
      where run_link.attempt < excluded.attempt
     returning run, link, seq, attempt`,
    [
      chainId,
      members.map((link) => link.run),
      members.map((link) => link.seq),
      members.map((link) => link.attempt),
      members.map(({ arrival }) => arrival?.joined ?? null),
      members.map(({ arrival }) => arrival?.at ?? at),
    ],
  );
}
