import { type IndexedLink, type LinkInRun, type NewLink, wakerOf } from '../links/new-link.js';
import { UNRECORDED } from '../postings/poster.js';
import type { Transaction } from '../transaction.js';
import type { Touched } from './marks.js';
import { SERVICE } from './turns.js';

/**
 * The subjects that a product anchors. The planner takes the digests of any link for a thousand, and would rather read
 * the keys of all chains once than look them up one by one; what stands behind `offset 0` it does not rearrange.
 */
const anchoredBy = (digest: string): string => `
  cross join lateral (
    select subject from subject_key where chain_id = $1 and product_digest = ${digest} offset 0) key`;

/** Subjects at most that one batch of links without a run wakes by digests they watch. */
const WATCHERS_AT_MOST = 5_000;

/**
 * The known subjects whose verdict these links may change, and who posted what may change it: every subject of a run that
 * got a link, those that a link newly relates to a run, and for links without a run those anchored by a product or watching
 * one of their digests.
 */
export async function subjectsTouchedBy(
  tx: Transaction,
  chainId: number,
  links: readonly IndexedLink[],
  joinedRuns: readonly string[],
): Promise<Touched[]> {
  const inRuns = links.filter((link): link is LinkInRun => link.run !== undefined);
  const loose = links.filter((link) => link.run === undefined);
  const related = inRuns.length > 0 ? await relateRuns(tx, chainId, inRuns) : [];
  const ofRuns = joinedRuns.length > 0 ? await subjectsOfRuns(tx, chainId, joinedRuns) : [];
  const ofDigests = loose.length > 0 ? await subjectsOfDigests(tx, chainId, loose) : [];
  return [...byPosters(inRuns, [...related, ...ofRuns]), ...ofDigests];
}

/** What concerns a run concerns all who posted to it together. */
export function byPosters(
  links: readonly LinkInRun[],
  subjects: readonly { readonly run: string; readonly subject: Buffer }[],
): Touched[] {
  const posters = new Map<string, Set<string>>();
  for (const link of links) {
    posters.set(link.run, (posters.get(link.run) ?? new Set()).add(wakerOf(link)));
  }
  return subjects.flatMap(({ run, subject }) =>
    [...(posters.get(run) ?? [SERVICE])].map((principal) => ({ subject, principal })),
  );
}

export interface Declaration {
  readonly run: string;
  readonly subject: Buffer;
}

export interface PrincipalsDeclaration extends Declaration {
  /** `UNRECORDED` where nobody knows who posted the link. */
  readonly principal: string;
}

interface Declared {
  /** In the run of that name, whoever posts to it: what it is judged by. */
  readonly related: readonly Declaration[];
  readonly declared: readonly PrincipalsDeclaration[];
}

export const NONE_DECLARED: Declared = { related: [], declared: [] };

/** Relates runs to the subjects that their links declare, and records who did. Returns what is new. */
export async function relateDeclared(
  tx: Transaction,
  chainId: number,
  links: readonly LinkInRun[],
  at: Date,
): Promise<Declared> {
  const given = links.flatMap(({ declared, ...link }) => (declared ? [{ ...link, declared }] : []));
  const rows = await tx.query<(Declaration & { readonly principal: string | null })[]>(
    `with given as (
       select * from unnest($2::text[], $3::bytea[], $4::text[], $5::text[], $6::timestamptz[])
                     as declared(run, subject, principal, token, at)),
     related as (
       insert into run_subject (chain_id, run, subject)
       select distinct $1::integer, run, subject from given
       on conflict do nothing
       returning run, subject),
     declared as (
       insert into declaration (chain_id, run, principal, subject, token, declared_at)
       select $1, run, principal, subject, token, at from given where principal <> '${UNRECORDED.principal}'
        order by run, principal, subject
       on conflict do nothing
       returning run, subject, principal)
     select run, subject, null as principal from related
     union all
     select run, subject, principal from declared`,
    [
      chainId,
      given.map(({ run }) => run),
      given.map(({ declared }) => declared),
      given.map(({ poster = UNRECORDED }) => poster.principal),
      given.map(({ poster = UNRECORDED }) => poster.token),
      given.map(({ arrival }) => arrival?.at ?? at),
    ],
  );
  const related = rows.filter(({ principal }) => principal === null);
  const declared = rows.map(({ principal, ...row }) => ({
    ...row,
    principal: principal ?? UNRECORDED.principal,
  }));
  return { related, declared };
}

/** Relates runs to the known subjects that their links anchor. Returns the relations that are new. */
async function relateRuns(
  tx: Transaction,
  chainId: number,
  links: readonly LinkInRun[],
): Promise<Declaration[]> {
  return tx.query<Declaration[]>(
    `insert into run_subject (chain_id, run, subject)
     select distinct $1::integer, new.run, key.subject
       from unnest($2::text[], $3::bytea[]) as new(run, digests)
      cross join lateral generate_series(0, length(new.digests) / 32 - 1) at
            ${anchoredBy('substring(new.digests from at * 32 + 1 for 32)')}
     on conflict do nothing
     returning run, subject`,
    [chainId, links.map(({ run }) => run), links.map(({ products }) => products)],
  );
}

async function subjectsOfRuns(
  tx: Transaction,
  chainId: number,
  runs: readonly string[],
): Promise<Declaration[]> {
  return tx.query<Declaration[]>(
    `select run, subject from unnest($2::text[]) touched(run) cross join lateral (
       select subject from run_subject
         where chain_id = $1 and run_subject.run between touched.run and touched.run order by run_subject.run offset 0) related`,
    [chainId, runs],
  );
}

/** What is looked up between a value and itself, in order, says which index of an empty table is the right one (ADR 0016). */
export async function subjectsOfDigests(
  tx: Transaction,
  chainId: number,
  links: readonly Pick<NewLink, 'materials' | 'products' | 'poster' | 'arrival'>[],
): Promise<Touched[]> {
  return tx.query<Touched[]>(
    `with own as (
       select substring(digests from at * 32 + 1 for 32) as digest, product, principal
         from unnest($2::bytea[], $3::boolean[], $5::text[]) as new(digests, product, principal)
        cross join lateral generate_series(0, length(digests) / 32 - 1) at)
     (select key.subject, own.principal from own ${anchoredBy('own.digest')} where own.product)
     union
     (select watch.subject, own.principal from own cross join lateral (
        select subject from subject_watch
         where chain_id = $1 and digest between own.digest and own.digest order by digest offset 0) watch limit $4)`,
    [
      chainId,
      links.flatMap(({ materials, products }) => [materials, products]),
      links.flatMap(() => [false, true]),
      WATCHERS_AT_MOST,
      links.map(wakerOf).flatMap((principal) => [principal, principal]),
    ],
  );
}
