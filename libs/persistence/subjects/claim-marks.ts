import type { DataSource } from 'typeorm';
import type { Mark } from './marks.js';
import { DEAD_AFTER, type Priority } from './verification-mark.entity.js';

interface ClaimedRow {
  readonly chain_id: number;
  readonly subject: Buffer;
  readonly generation: string;
}

export interface Claim {
  readonly priority: Priority;
  readonly limit: number;
  /** No more than these are handed out at a time, so that a long backlog waits here and not in the queue. */
  readonly outAtMost: number;
  readonly leaseSeconds: number;
}

/** Marks that come back for the third time wait too long to be counted as handed out. */
const TRIES_THAT_COUNT = 2;

/**
 * Takes free marks, oldest first, and holds them for a while. Several relays never take the same. A mark that comes back
 * again and again waits longer each time, and is dead in the end: a subject that cannot be verified must not keep the
 * workers busy.
 *
 * The free ones are chosen once, before anything is updated: as a subquery they may be chosen anew for each row, and then
 * more are taken than asked for.
 */
export async function claimMarks(source: DataSource, claim: Claim): Promise<Mark[]> {
  const [rows] = await source.query<[ClaimedRow[], number]>(
    `with free as materialized (
       select chain_id, subject from verification_mark
        where priority = $3 and claimed_until < now() and attempts < ${DEAD_AFTER}
        order by claimed_until, marked_at
        limit (select greatest(0, least($1::bigint, $4 - count(*))) from verification_mark
                where priority = $3 and claimed_until >= now() and attempts <= ${TRIES_THAT_COUNT})
          for update skip locked)
     update verification_mark mark
        set claimed_until = now() + make_interval(secs => $2 * power(2, greatest(mark.attempts - 1, 0))),
            attempts = mark.attempts + 1
       from free
      where mark.chain_id = free.chain_id and mark.subject = free.subject
      returning mark.chain_id, mark.subject, mark.generation`,
    [claim.limit, claim.leaseSeconds, claim.priority, claim.outAtMost],
  );
  return rows.map((row) => ({ chainId: row.chain_id, subject: row.subject, generation: row.generation }));
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
    `update verification_mark mark
        set claimed_until = case when $4 > 0 then now() + make_interval(secs => $4) else '-infinity' end,
            attempts = greatest(mark.attempts - 1, 0)
       from unnest($1::integer[], $2::bytea[], $3::bigint[]) as held(chain_id, subject, generation)
      where mark.chain_id = held.chain_id and mark.subject = held.subject and mark.generation = held.generation`,
    [
      marks.map((mark) => mark.chainId),
      marks.map((mark) => mark.subject),
      marks.map((mark) => mark.generation),
      afterSeconds,
    ],
  );
}
