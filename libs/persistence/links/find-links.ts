import type { Reader } from '../transaction.js';
import { Kind } from './link-artifact.entity.js';

export interface LinkFilter {
  readonly step?: string | undefined;
  /** sha256 among its materials or products. */
  readonly digest?: Buffer | undefined;
  readonly keyid?: string | undefined;
  readonly run?: string | undefined;
  /** Only links that arrived before this one. */
  readonly before?: string | undefined;
}

export interface FoundLink {
  readonly id: Buffer;
  readonly seq: string;
  readonly step: string;
  readonly container: string;
  readonly keyids: string[];
  readonly size: number;
  readonly received_at: Date;
  /** Some of them, at most one more than `NAMED_AT_MOST`. */
  readonly runs: string[];
  /** Who posted the file first. */
  readonly principal: string;
  /** Who posted it to which run, in that order, as many of them as of runs; without those from before posters were recorded. */
  readonly postings: FoundPosting[];
}

export interface FoundPosting {
  readonly principal: string;
  readonly token: string;
  /** Or `WITHOUT_RUN`. */
  readonly run: string;
  readonly attempt: number;
  readonly posted_at: string;
}

/** Runs of a link, and postings, that are named: anybody who may post can put a link into any number of runs. */
export const NAMED_AT_MOST = 20;

export interface LinkPage {
  readonly links: readonly FoundLink[];
  /** The `before` of the next page; null on the last. */
  readonly next: string | null;
}

/**
 * Links of a key that one page looks at. A key may have signed millions of links, few of which are of the step or hold the
 * file that is sought beside it, and no index knows both.
 */
const WALKED_AT_MOST = 5_000;

/**
 * The chain's links that meet every condition given, newest first. Of a key's links sought by something else beside it, a
 * page holds those among so many that it looks at: it may be short, or empty, and the next one goes on where it ended.
 */
export async function findLinks(
  reader: Reader,
  chainId: number,
  filter: LinkFilter,
  limit: number,
  walkedAtMost = WALKED_AT_MOST,
): Promise<LinkPage> {
  const values: unknown[] = [chainId];
  const place = (value: unknown): string => `$${values.push(value)}`;
  const before = filter.before === undefined ? undefined : place(filter.before);
  const page: Page = {
    limit: place(limit + 1),
    earlier: (column) => (before === undefined ? '' : `and ${column} < ${before}::bigint`),
  };
  const rows = await (isWalk(filter)
    ? reader.query<WalkedRow[]>(walk(filter, place, page, walkedAtMost), values)
    : reader.query<WalkedRow[]>(search(filter, place, page), values));
  const found = rows.filter(({ seq }) => seq !== null);
  const links = found.slice(0, limit);
  const goesOn = found.length > limit ? links.at(-1)?.seq : rows[0]?.walked_to;
  return { links, next: goesOn ?? null };
}

interface WalkedRow extends FoundLink {
  /** The oldest link that was looked at, if there may be others before it. */
  readonly walked_to?: string | null;
}

interface Page {
  /** The place of its value. */
  readonly limit: string;
  /** The condition that a column holds a link of this page. */
  readonly earlier: (column: string) => string;
}

type Place = (value: unknown) => string;

const FOUND = `
  id, seq, step, container, keyids, size, received_at,
  array(select run from (
    select run, seq from run_link where run_link.chain_id = $1 and run_link.link = link.seq limit ${NAMED_AT_MOST + 1}) named
    order by named.seq) as runs,
  principal,
  (select coalesce(json_agg(json_build_object(
            'principal', posting.principal, 'token', posting.token, 'run', run, 'attempt', attempt,
            'posted_at', to_char(posted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
            order by posted_at, joined), '[]')
     from (select * from posting where posting.chain_id = $1 and posting.link = link.seq limit ${NAMED_AT_MOST + 1}) posting) as postings`;

function search(filter: LinkFilter, place: Place, page: Page): string {
  return `select ${FOUND}
       from link where ${['chain_id = $1', ...conditionsOf(filter, place, page)].join(' and ')} ${page.earlier('seq')}
      order by seq desc limit ${page.limit}`;
}

/** By a key and something that is not few by nature. */
function isWalk({ keyid, run, step, digest }: LinkFilter): boolean {
  return keyid !== undefined && run === undefined && (step !== undefined || digest !== undefined);
}

/** From the key's newest link on, each asked for the rest. */
function walk(
  { keyid, step, digest }: LinkFilter,
  place: Place,
  { limit, earlier }: Page,
  atMost: number,
): string {
  const most = place(atMost);
  const rest = [
    ...(step === undefined ? [] : [`step = ${place(step)}`]),
    ...(digest === undefined ? [] : [holds(place(digest))]),
  ];
  return `
    with walked as materialized (
      select link from link_key where chain_id = $1 and keyid = ${place(keyid)} ${earlier('link')}
       order by link desc limit ${most}),
    found as (
      select link.* from walked cross join lateral (
        select ${FOUND} from link where chain_id = $1 and seq = walked.link and ${rest.join(' and ')} offset 0) link
       order by walked.link desc limit ${limit})
    select found.*, walk.oldest as walked_to
      from (select case when count(*) = ${most} then min(link) end as oldest from walked) walk left join found on true
     order by found.seq desc`;
}

/**
 * What is few by nature, or can be told by the end of one index, is looked up as an array. Left to itself the planner takes
 * either way for what it is no good for: it does not know how many links a key or a file has.
 */
function* conditionsOf(
  { step, digest, keyid, run }: LinkFilter,
  place: Place,
  page: Page,
): Generator<string> {
  if (step !== undefined) {
    yield `step = ${place(step)}`;
  }
  if (run !== undefined) {
    const name = place(run);
    yield `seq = any(array(select link from run_link where chain_id = $1 and run between ${name} and ${name} order by run))`;
  }
  if (keyid !== undefined) {
    const signed = `link_key where chain_id = $1 and keyid = ${place(keyid)}`;
    yield run === undefined
      ? `seq = any(array(select link from ${signed} ${page.earlier('link')} order by link desc limit ${page.limit}))`
      : `exists (select from ${signed} and link_key.link = link.seq offset 0)`;
  }
  if (digest !== undefined) {
    const sha256 = place(digest);
    yield run === undefined ? `seq = any(array(${newestOf(heldBy(sha256), page)}))` : holds(sha256);
  }
}

const heldBy = (digest: string): string => `link_artifact where chain_id = $1 and digest = ${digest}`;

const holds = (digest: string): string =>
  `exists (select from ${heldBy(digest)} and kind in (${KINDS}) and link_artifact.step = link.step and link_artifact.link = link.seq offset 0)`;

const KINDS = [0, Kind.product, Kind.tied, Kind.product | Kind.tied].join(', ');

/**
 * The newest links with an artifact, where most links of the chain may have it: of each side and step as many as are
 * asked for, from the end of the index, instead of all of them to be sorted.
 */
function newestOf(holders: string, { limit, earlier }: Page): string {
  return `
    with recursive held(kind, step) as (
      (select kind, step from ${holders} order by kind, step limit 1)
      union all
      select following.kind, following.step from held cross join lateral (
        select kind, step from ${holders} and (kind, step) > (held.kind, held.step) order by kind, step limit 1) following)
    select newest.link from held cross join lateral (
      select link from ${holders} and kind = held.kind and step = held.step ${earlier('link')}
       order by link desc limit ${limit}) newest`;
}
