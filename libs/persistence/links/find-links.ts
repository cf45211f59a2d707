import type { Reader } from '../transaction.js';

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
  readonly runs: string[];
}

/** The chain's links that meet every condition given, newest first. */
export async function findLinks(
  reader: Reader,
  chainId: number,
  filter: LinkFilter,
  limit: number,
): Promise<FoundLink[]> {
  const values: unknown[] = [chainId];
  const where = (value: unknown, condition: (place: string) => string): string => {
    if (value === undefined) {
      return '';
    }
    values.push(value);
    return ` and ${condition(`$${values.length}`)}`;
  };
  const alone = filter.keyid === undefined && filter.run === undefined;
  const conditions = [
    where(filter.step, (step) => `link.step = ${step}`),
    where(filter.before, (seq) => `link.seq < ${seq}::bigint`),
    where(
      filter.keyid,
      (keyid) => `link.seq in (select link from link_key where chain_id = $1 and keyid = ${keyid})`,
    ),
    where(
      filter.run,
      (run) => `link.seq in (select link from run_link where chain_id = $1 and run = ${run})`,
    ),
    where(filter.digest, (digest) =>
      alone
        ? `link.seq = any(array(${newestWith(digest, filter, limit)}))`
        : `link.seq in (select link from link_artifact where chain_id = $1 and digest = ${digest})`,
    ),
  ];
  values.push(limit);
  return reader.query<FoundLink[]>(
    `select id, seq, step, container, keyids, size, received_at,
            array(select run from run_link where run_link.chain_id = link.chain_id and run_link.link = link.seq order by run_link.seq) as runs
       from link where chain_id = $1${conditions.join('')}
      order by seq desc limit $${values.length}`,
    values,
  );
}

/**
 * The newest links with an artifact, where most links of the chain may have it: of each side and step as many as are
 * asked for, from the end of the index, instead of all of them to be sorted. They are few, which the planner does not
 * see from a join: as an array it looks them up one by one.
 */
function newestWith(digest: string, { before }: LinkFilter, limit: number): string {
  const holders = `link_artifact where chain_id = $1 and digest = ${digest}`;
  const earlier = before === undefined ? '' : `and link < ${BigInt(before)}`;
  return `
    with recursive held(kind, step) as (
      (select kind, step from ${holders} order by kind, step limit 1)
      union all
      select following.kind, following.step from held cross join lateral (
        select kind, step from ${holders} and (kind, step) > (held.kind, held.step) order by kind, step limit 1) following)
    select newest.link from held cross join lateral (
      select link from ${holders} and kind = held.kind and step = held.step ${earlier}
       order by link desc limit ${limit}) newest`;
}
