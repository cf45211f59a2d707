import type { DataSource } from 'typeorm';
import { channels } from '../channels.js';
import type { Mark } from './marks.js';
import { DEAD_AFTER, type Priority } from './verification-mark.entity.js';

/** A mark that is handed out. */
export interface ClaimedMark extends Mark {
  /**
   * In the order of everything that is out, the lowest first. Found as turns are: the virtual time is the lowest place that
   * is out, and marks of a principal come as far apart as his chain has principals at work. So chains have equal parts, and
   * in each its principals, and nothing that is out is overtaken for ever. A mark that comes back keeps its place.
   */
  readonly place: number;
}

export interface Claimed {
  /** By their places. */
  readonly marks: readonly ClaimedMark[];
  /** Marks may be waiting that were not taken: for the next claim, or for room. */
  readonly isMore: boolean;
}

interface ClaimedRow {
  readonly chain_id: number | null;
  readonly subject: Buffer;
  readonly generation: string;
  readonly place: string;
  readonly is_more: boolean;
}

export interface Claim {
  readonly priority: Priority;
  readonly limit: number;
  /** No more than these are handed out at a time, so that a long backlog waits here, where its order can still change. */
  readonly outAtMost: number;
  /** No more than these of one chain, so that there is room for what comes of another. */
  readonly outOfChain: number;
  readonly leaseSeconds: number;
}

/** Marks that come back for the third time wait too long to be counted as handed out. */
const TRIES_THAT_COUNT = 2;

/** `turn` and `claimed_until` are read from the index alone, so that passing over what is handed out costs little. */
const IS_FREE = `priority = $1 and attempts < ${DEAD_AFTER} and claimed_until < now()`;

/**
 * Takes free marks and holds them for a while: in turn by chain, as many of each as there is room for, and of each chain
 * in the order of their turns. Several relays never take the same. A mark that comes back again and again waits longer
 * each time, and is dead in the end: a subject that cannot be verified must not keep the workers busy.
 *
 * The rows are updated by where they are: joined by their keys, a plan made while few were waiting would read them all.
 * Chains that have something are found by looking for the next higher one, however many marks each has. Who has the least
 * handed out comes first; among equals it is chance, so that where there are more chains than room none is always last.
 */
export async function claimMarks(source: DataSource, claim: Claim): Promise<Claimed> {
  const rows = await source.query<[ClaimedRow, ...ClaimedRow[]]>(
    `with recursive handed_out as materialized (
       select chain_id, principal, count(*) as marks, min(place) as first, max(place) as last from verification_mark
        where priority = $1 and attempts between 1 and ${TRIES_THAT_COUNT} and claimed_until >= now()
        group by chain_id, principal),
     room as materialized (
       select greatest(0, least($2::bigint, $3 - coalesce(sum(marks), 0))) as marks from handed_out),
     waiting as (
       select (select chain_id from verification_mark where ${IS_FREE} order by chain_id limit 1) as chain_id
         from room where marks > 0
       union all
       select (select chain_id from verification_mark mark
                where ${IS_FREE} and mark.chain_id > waiting.chain_id order by chain_id limit 1)
         from waiting where chain_id is not null),
     share as materialized (
       select chain_id, least(ceil(room.marks / count(*) over ()), greatest(0, $4 - coalesce(already.marks, 0)))::bigint as marks
         from waiting cross join room
         left join (select chain_id, sum(marks) as marks from handed_out group by chain_id) already using (chain_id)
        where chain_id is not null),
     candidate as materialized (
       select row, chain_id, principal, had, row_number() over (partition by chain_id, principal order by turn) as nth
         from share cross join lateral (
           select ctid as row, principal, turn, nullif(place, 0) as had from verification_mark mark
            where ${IS_FREE} and mark.chain_id = share.chain_id
            order by turn limit share.marks for update skip locked) mark),
     principals as materialized (
       select chain_id, count(*) as active from (
         select chain_id, principal from handed_out union select chain_id, principal from candidate) each
        group by chain_id),
     taken as materialized (
       select row, chain_id,
              least(had, greatest((select min(first) from handed_out), handed_out.last, 0) + nth * principals.active) as place
         from candidate join principals using (chain_id) left join handed_out using (chain_id, principal)
        order by place, random() limit (select marks from room)),
     claimed as (
       update verification_mark mark
          set claimed_until = now() + make_interval(secs => $5 * power(2, greatest(mark.attempts - 1, 0))),
              attempts = mark.attempts + 1,
              place = taken.place
         from taken where mark.ctid = taken.row
        returning mark.chain_id, mark.subject, mark.generation, taken.place)
     select claimed.*, is_more from (
       select (select marks from room) <= (select count(*) from taken) or exists (
         select from share
          where marks <= (select count(*) from taken where taken.chain_id = share.chain_id)) as is_more) state
       left join claimed on true
      order by place`,
    [claim.priority, claim.limit, claim.outAtMost, claim.outOfChain, claim.leaseSeconds],
  );
  const marks = rows.flatMap(({ chain_id, subject, generation, place }) =>
    chain_id === null ? [] : [{ chainId: chain_id, subject, generation, place: Number(place) }],
  );
  return { marks, isMore: rows[0].is_more };
}

/**
 * Gives marks back that could not be worked on, to be claimed again after these seconds. It was no fault of theirs, so
 * it does not count as an attempt.
 */
export async function releaseMarks(
  source: DataSource,
  marks: readonly Mark[],
  afterSeconds = 0,
): Promise<void> {
  await source.query(
    `with held as materialized (
       select row, generation from unnest($1::integer[], $2::bytea[], $3::bigint[]) as held(chain_id, subject, generation)
        cross join lateral (
          select ctid as row from verification_mark mark
           where mark.chain_id = held.chain_id and mark.subject = held.subject offset 0) mark),
     released as (
       update verification_mark mark
          set claimed_until = case when $4 > 0 then now() + make_interval(secs => $4) else '-infinity' end,
              attempts = greatest(mark.attempts - 1, 0)
         from held where mark.ctid = held.row and mark.generation = held.generation
        returning 1)
     select pg_notify($5, '') where $4 <= 0 and exists (select from released)`,
    [
      marks.map((mark) => mark.chainId),
      marks.map((mark) => mark.subject),
      marks.map((mark) => mark.generation),
      afterSeconds,
      channels.mark,
    ],
  );
}
