import type { DataSource } from 'typeorm';
import type { Mark } from './marks.js';

interface ClaimedRow {
  readonly chain_id: number;
  readonly subject: Buffer;
  readonly generation: string;
}

/**
 * Takes up to `limit` free marks, oldest first, and holds them for `leaseSeconds`. Several relays never take the same.
 * A mark that comes back again and again waits longer each time, so that a subject that cannot be verified does not keep
 * the workers busy.
 */
export async function claimMarks(source: DataSource, limit: number, leaseSeconds: number): Promise<Mark[]> {
  const [rows] = await source.query<[ClaimedRow[], number]>(
    `update verification_mark mark
        set claimed_until = now() + make_interval(secs => $2 * power(2, least(mark.attempts, 6))),
            attempts = mark.attempts + 1
       from (select chain_id, subject from verification_mark
              where claimed_until < now()
              order by claimed_until, marked_at limit $1 for update skip locked) free
      where mark.chain_id = free.chain_id and mark.subject = free.subject
      returning mark.chain_id, mark.subject, mark.generation`,
    [limit, leaseSeconds],
  );
  return rows.map((row) => ({ chainId: row.chain_id, subject: row.subject, generation: row.generation }));
}

/** Gives marks back that could not be handed on. It was no fault of theirs, so it does not count as an attempt. */
export async function releaseMarks(source: DataSource, marks: readonly Mark[]): Promise<void> {
  await source.query(
    `update verification_mark mark set claimed_until = '-infinity', attempts = greatest(mark.attempts - 1, 0)
       from unnest($1::integer[], $2::bytea[], $3::bigint[]) as held(chain_id, subject, generation)
      where mark.chain_id = held.chain_id and mark.subject = held.subject and mark.generation = held.generation`,
    [
      marks.map((mark) => mark.chainId),
      marks.map((mark) => mark.subject),
      marks.map((mark) => mark.generation),
    ],
  );
}
