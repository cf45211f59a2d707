import { channels } from '../channels.js';
import type { Reader, Transaction } from '../transaction.js';
import { Priority } from './verification-mark.entity.js';

/** A subject that the outbox knows as changed. */
export interface Mark {
  readonly chainId: number;
  /** 32 bytes. */
  readonly subject: Buffer;
  readonly generation: string;
}

const UPSERT = `
  on conflict (chain_id, subject) do update
     set generation = excluded.generation, claimed_until = '-infinity', attempts = 0,
         priority = least(verification_mark.priority, excluded.priority)`;

/**
 * Marks these subjects, and the known image indexes that list one of them, directly or through other indexes, since what
 * an index is worth follows from its manifests; `offset 0` has each looked up by its key. Rows are taken in one order, so that two transactions never wait for each
 * other.
 */
export async function markSubjects(
  tx: Transaction,
  chainId: number,
  subjects: readonly Buffer[],
): Promise<void> {
  if (subjects.length === 0) {
    return;
  }
  await tx.query(
    `with recursive above(digest) as (
       select relation.covering from unnest($2::bytea[]) subject cross join lateral (
         select covering from image_relation
          where chain_id = $1 and kind = 'index' and covered between subject and subject order by covered offset 0) relation
       union
       select relation.covering from above cross join lateral (
         select covering from image_relation
          where chain_id = $1 and kind = 'index' and covered between above.digest and above.digest
          order by covered offset 0) relation),
     marked as (
       insert into verification_mark (chain_id, subject)
       select $1, subject from (
         select unnest($2::bytea[]) as subject
         union
         select known.digest from above cross join lateral (
           select digest from subject where chain_id = $1 and subject.digest = above.digest offset 0) known) touched
        order by subject ${UPSERT})
     select pg_notify($3, '')`,
    [chainId, subjects, channels.mark],
  );
}

/** Somebody waits for this one of very many that a change of the chain has marked, and that is not handed out yet. */
export async function hastenMark(reader: Reader, chainId: number, subject: Buffer): Promise<void> {
  await reader.query(
    `with hastened as (
       update verification_mark set priority = $3
        where chain_id = $1 and subject = $2 and priority > $3 and claimed_until < now() returning 1)
     select pg_notify($4, '') from hastened`,
    [chainId, subject, Priority.interactive, channels.mark],
  );
}

/** After everything that somebody waits for: there may be very many, and each has a verdict already. Says that trust changed. */
export async function markEverySubject(tx: Transaction, chainId: number): Promise<void> {
  await tx.query(
    `with marked as (
       insert into verification_mark (chain_id, subject, priority)
       select chain_id, digest, $3 from subject where chain_id = $1 order by digest ${UPSERT})
     select pg_notify($2, ''), pg_notify($4, $1::text)`,
    [chainId, channels.mark, Priority.bulk, channels.trust],
  );
}
