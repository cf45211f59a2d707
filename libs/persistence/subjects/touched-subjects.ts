import { type IndexedLink, type LinkInRun, wakerOf } from '../links/new-link.js';
import { UNRECORDED } from '../postings/poster.js';
import type { Transaction } from '../transaction.js';
import type { Touched } from './marks.js';
import { SERVICE } from './turns.js';
import type { Touch, WideTouch } from './wide-touches.js';

/**
 * The subjects that a product anchors. The planner takes the digests of any link for a thousand, and would rather read
 * the keys of all chains once than look them up one by one; what stands behind `offset 0` it does not rearrange.
 */
const anchoredBy = (digest: string): string => `
  cross join lateral (
    select subject from subject_key where chain_id = $1 and product_digest = ${digest} offset 0) key`;

/** Subjects at most that one batch of links without a run wakes by digests they watch. */
const WATCHERS_AT_MOST = 5_000;
/** Subjects of one kind that are marked while the chain is held: the relay marks the others. */
const MARKED_AT_ONCE = 2_000;

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
): Promise<Touch> {
  const inRuns = links.filter((link): link is LinkInRun => link.run !== undefined);
  const loose = links.filter((link) => link.run === undefined && link.isNews);
  // Those that were related before, so that none is found twice.
  const ofRuns = joinedRuns.length > 0 ? await subjectsOfRuns(tx, chainId, joinedRuns) : NOTHING;
  const related = inRuns.length > 0 ? await relateRuns(tx, chainId, inRuns) : NOTHING;
  const ofDigests = loose.length > 0 ? await subjectsOfDigests(tx, chainId, loose) : NO_TOUCH;
  return {
    touched: [...byPosters(inRuns, [...ofRuns.found, ...related.found]), ...ofDigests.touched],
    wide: [
      ...(related.isWide ? inRuns.map(productsOf) : []),
      ...(ofRuns.isWide ? wholeRuns(inRuns, joinedRuns) : []),
      ...ofDigests.wide,
    ],
  };
}

/** Some of what was looked for, and whether there is more. */
interface Found {
  readonly found: readonly Declaration[];
  readonly isWide: boolean;
}

const NOTHING: Found = { found: [], isWide: false };
const NO_TOUCH: Touch = { touched: [], wide: [] };

function productsOf(
  link: Pick<IndexedLink, 'run' | 'products' | 'poster' | 'arrival' | 'decides'>,
): WideTouch {
  const { run, products, decides } = link;
  return { run, principal: wakerOf(link), products, decides };
}

/** A run that several joined is marked in the turn of one of them. */
function wholeRuns(links: readonly LinkInRun[], runs: readonly string[]): WideTouch[] {
  const posters = new Map(links.map((link) => [link.run, wakerOf(link)]));
  const decisive = decisiveOf(links);
  return runs.map((run) => ({
    run,
    principal: posters.get(run) ?? SERVICE,
    products: undefined,
    decides: decisive.has(run),
  }));
}

/** Runs that got a link which may count. */
function decisiveOf(links: readonly LinkInRun[]): ReadonlySet<string> {
  return new Set(links.flatMap(({ run, decides }) => (decides ? [run] : [])));
}

/** What concerns a run concerns all who posted to it together. */
export function byPosters(
  links: readonly LinkInRun[],
  subjects: readonly { readonly run: string; readonly subject: Buffer }[],
): Touched[] {
  const posters = new Map<string, Set<string>>();
  const decisive = decisiveOf(links);
  for (const link of links) {
    posters.set(link.run, (posters.get(link.run) ?? new Set()).add(wakerOf(link)));
  }
  return subjects.flatMap(({ run, subject }) =>
    [...(posters.get(run) ?? [SERVICE])].map((principal) => ({
      subject,
      principal,
      decides: decisive.has(run),
    })),
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

const ANCHORED_IN_RUNS = `
  select new.run, key.subject
    from unnest($2::text[], $3::bytea[]) as new(run, digests)
   cross join lateral generate_series(0, length(new.digests) / 32 - 1) at
         ${anchoredBy('substring(new.digests from at * 32 + 1 for 32)')}`;

/** Relates runs to the known subjects that their links anchor. Returns the relations that are new. */
async function relateRuns(tx: Transaction, chainId: number, links: readonly LinkInRun[]): Promise<Found> {
  const rows = await tx.query<(Declaration & { readonly isWide: boolean; readonly run: string | null })[]>(
    `with found as materialized (${ANCHORED_IN_RUNS} limit $4),
     related as (
       insert into run_subject (chain_id, run, subject) select distinct $1::integer, run, subject from found
       on conflict do nothing
       returning run, subject)
     select looked."isWide", related.* from (select count(*) = $4 as "isWide" from found) looked left join related on true`,
    [chainId, links.map(({ run }) => run), links.map(({ products }) => products), MARKED_AT_ONCE + 1],
  );
  return { found: rows.filter(({ run }) => run !== null), isWide: rows[0]?.isWide === true };
}

/** The known subjects that these products anchor, related to the run that they are of, if any. */
export async function subjectsAnchoredBy(
  tx: Transaction,
  chainId: number,
  products: Buffer,
  run: string | null,
): Promise<Buffer[]> {
  const rows = await tx.query<{ subject: Buffer }[]>(
    `with found as materialized (${ANCHORED_IN_RUNS}),
     related as (
       insert into run_subject (chain_id, run, subject)
       select distinct $1::integer, run, subject from found where run is not null
       on conflict do nothing)
     select distinct subject from found`,
    [chainId, [run], [products]],
  );
  return rows.map(({ subject }) => subject);
}

async function subjectsOfRuns(tx: Transaction, chainId: number, runs: readonly string[]): Promise<Found> {
  const found = await tx.query<Declaration[]>(
    `select run, subject from unnest($2::text[]) touched(run) cross join lateral (
       select subject from run_subject
         where chain_id = $1 and run_subject.run between touched.run and touched.run order by run_subject.run offset 0) related
      limit $3`,
    [chainId, runs, MARKED_AT_ONCE + 1],
  );
  return { found, isWide: found.length > MARKED_AT_ONCE };
}

/** What is looked up between a value and itself, in order, says which index of an empty table is the right one (ADR 0016). */
export async function subjectsOfDigests(
  tx: Transaction,
  chainId: number,
  links: readonly Pick<IndexedLink, 'materials' | 'products' | 'poster' | 'arrival' | 'decides'>[],
): Promise<Touch> {
  const rows = await tx.query<(Touched & { readonly isWide: boolean })[]>(
    `with own as (
       select substring(digests from at * 32 + 1 for 32) as digest, product, principal, decides
         from unnest($2::bytea[], $3::boolean[], $5::text[], $7::boolean[]) as new(digests, product, principal, decides)
        cross join lateral generate_series(0, length(digests) / 32 - 1) at),
     anchored as materialized (
       select key.subject, own.principal, own.decides from own ${anchoredBy('own.digest')} where own.product limit $6),
     watching as (
       select watch.subject, own.principal, own.decides from own cross join lateral (
         select subject from subject_watch
          where chain_id = $1 and digest between own.digest and own.digest order by digest offset 0) watch limit $4)
     select subject, principal, decides, (select count(*) = $6 from anchored) as "isWide"
       from (select * from anchored union select * from watching) touched`,
    [
      chainId,
      links.flatMap(({ materials, products }) => [materials, products]),
      links.flatMap(() => [false, true]),
      WATCHERS_AT_MOST,
      links.map(wakerOf).flatMap((principal) => [principal, principal]),
      MARKED_AT_ONCE + 1,
      links.flatMap(({ decides }) => [decides, decides]),
    ],
  );
  const isWide = rows[0]?.isWide === true;
  return {
    touched: rows.map(({ subject, principal, decides }) => ({ subject, principal, decides })),
    wide: isWide ? links.map((link) => productsOf({ ...link, run: undefined })) : [],
  };
}
