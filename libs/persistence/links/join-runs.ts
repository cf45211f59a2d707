import { type Poster, UNRECORDED } from '../postings/poster.js';
import { WITHOUT_RUN } from '../postings/posting.entity.js';
import type { Transaction } from '../transaction.js';
import type { IndexedLink } from './new-link.js';

/** A link became a member of a run, or a later attempt in it. */
export interface Membership {
  /** Or `WITHOUT_RUN`. */
  readonly run: string;
  /** The link's `seq`. */
  readonly link: string;
  /** Its place among memberships; null: without a run. */
  readonly joined: string | null;
  readonly attempt: number;
}

export interface Joined {
  /** In the run of that name, whoever posts to it: what it is judged by. */
  readonly members: readonly Membership[];
  /** By whose posting; also of links that others had posted there before. */
  readonly postings: readonly (Membership & Poster)[];
}

/**
 * Records who posted these links, and makes them members of their runs. Returns what is new or was changed: a link joins a
 * run once, and once by each principal; a later attempt moves it up.
 */
export async function joinRuns(
  tx: Transaction,
  chainId: number,
  links: readonly IndexedLink[],
  at: Date,
): Promise<Joined> {
  const given = newestAttempts(links);
  const rows = await tx.query<(Membership & (Poster | { readonly principal: null }))[]>(
    `with given as materialized (
       select run, link, attempt, principal, token, at,
              case when run <> '${WITHOUT_RUN}' then coalesce(place, nextval('run_link_seq_seq')) end as joined
         from unnest($2::text[], $3::bigint[], $4::integer[], $5::text[], $6::text[], $7::bigint[], $8::timestamptz[])
              with ordinality as new(run, link, attempt, principal, token, place, at, nth) order by run, link, nth),
     member as (
       insert into run_link (chain_id, run, link, attempt, seq, joined_at)
       select $1, run, link, max(attempt), min(joined), min(at) from given where run <> '${WITHOUT_RUN}'
        group by run, link order by run, link
       on conflict (chain_id, run, link) do update set attempt = excluded.attempt
        where run_link.attempt < excluded.attempt
       returning run, link, seq, attempt),
     posted as (
       insert into posting (chain_id, run, principal, link, token, attempt, joined, posted_at)
       select $1, run, principal, link, token, attempt, joined, at from given where principal <> '${UNRECORDED.principal}'
        order by run, principal, link
       on conflict (chain_id, run, principal, link) do update set attempt = excluded.attempt, token = excluded.token
        where posting.attempt < excluded.attempt
       returning run, link, joined, attempt, principal, token)
     select run, link, seq as joined, attempt, null as principal, null as token from member
     union all
     select run, link, joined, attempt, principal, token from posted`,
    [
      chainId,
      given.map(({ run = WITHOUT_RUN }) => run),
      given.map(({ seq }) => seq),
      given.map(({ run, attempt }) => (run === undefined ? 1 : attempt)),
      given.map(({ poster = UNRECORDED }) => poster.principal),
      given.map(({ poster = UNRECORDED }) => poster.token),
      given.map(({ arrival }) => arrival?.joined ?? null),
      given.map(({ arrival }) => arrival?.at ?? at),
    ],
  );
  return {
    members: rows.flatMap((row) => (row.principal === null ? [{ ...row, principal: undefined }] : [])),
    postings: rows.filter((row): row is Membership & Poster => row.principal !== null),
  };
}

/** Of one link that a principal posts to one run several times, the highest attempt. */
function newestAttempts(links: readonly IndexedLink[]): IndexedLink[] {
  const newest = new Map<string, IndexedLink>();
  for (const link of links) {
    const key = membershipKey({ link: link.seq, run: link.run, principal: link.poster?.principal });
    const other = newest.get(key);
    if (!other || link.attempt > other.attempt) {
      newest.set(key, link);
    }
  }
  return [...newest.values()];
}

/** Runs may have blanks in their names, principals have none. */
export function membershipKey({ link, run, principal }: MembershipName): string {
  return `${link} ${run ?? WITHOUT_RUN} ${principal ?? UNRECORDED.principal}`;
}

interface MembershipName {
  readonly link: string;
  readonly run: string | undefined;
  readonly principal?: string | undefined;
}
