import { channels } from '../channels.js';
import { onCommit, type Reader, type Transaction } from '../transaction.js';
import { tellOfEvidence } from './evidence-hints.js';
import { FRONT, lastTurnOf, NO_TURN, SERVICE } from './turns.js';
import { Priority } from './verification-mark.entity.js';

/** A subject that the outbox knows as changed. */
export interface Mark {
  readonly chainId: number;
  /** 32 bytes. */
  readonly subject: Buffer;
  readonly generation: string;
}

/** A subject whose verdict may have changed, and by whom. */
export interface Touched {
  readonly subject: Buffer;
  /** The name of a principal, or `SERVICE`. */
  readonly principal: string;
  /** Whether it may change what is allowed: see `VerificationMark`. */
  readonly decides: boolean;
}

/** Subjects that hints name one by one. */
const NAMED_AT_MOST = 100;

/**
 * A mark that waits never moves back, whoever marks its subject. One that was handed out begins anew: behind its
 * principal's others, or, if somebody else has marked it, where the chain is now, and as that one's if nothing of his waits.
 */
const UPSERT = `
  on conflict (chain_id, subject) do update
     set generation = excluded.generation, claimed_until = '-infinity', attempts = 0,
         place = case when mark.attempts = 0 then mark.place else 0 end,
         priority = least(mark.priority, excluded.priority),
         decides = mark.decides or excluded.decides,
         principal = case
           when mark.attempts = 0 or mark.turn = ${NO_TURN}
             then case when excluded.turn < mark.turn then excluded.principal else mark.principal end
           when excluded.turn <= greatest(mark.turn, (select front + 1 from clock)) then excluded.principal
           else mark.principal end,
         turn = case
           when mark.attempts = 0 or mark.turn = ${NO_TURN} then least(mark.turn, excluded.turn)
           when mark.principal = excluded.principal and excluded.priority = mark.priority then excluded.turn
           else greatest(mark.turn, (select front + 1 from clock)) end`;

/**
 * Marks these subjects, and the known image indexes that list one of them, directly or through other indexes, since what
 * an index is worth follows from its manifests; `offset 0` has each looked up by its key. Rows are taken in one order,
 * so that two transactions never wait for each other.
 */
export async function markTouched(
  tx: Transaction,
  chainId: number,
  touched: readonly Touched[],
): Promise<void> {
  if (touched.length === 0) {
    return;
  }
  const deciding = await tx.query<{ subject: Buffer }[]>(
    `with recursive wanted(subject, principal, decides) as (
       select * from unnest($2::bytea[], $3::text[], $5::boolean[])),
     above(digest, principal, decides) as (
       select relation.covering, principal, decides from wanted cross join lateral (
         select covering from image_relation
          where chain_id = $1 and kind = 'index' and covered between wanted.subject and wanted.subject
          order by covered offset 0) relation
       union
       select relation.covering, principal, decides from above cross join lateral (
         select covering from image_relation
          where chain_id = $1 and kind = 'index' and covered between above.digest and above.digest
          order by covered offset 0) relation),
     touched as (
       select subject, principal, decides from wanted
       union
       select known.digest, principal, decides from above cross join lateral (
         select digest from subject where chain_id = $1 and subject.digest = above.digest offset 0) known),
     clock as materialized (select ${FRONT} as front),
     start as materialized (
       select principal, greatest(front, ${lastTurnOf('who.principal')}) as turn
         from clock, (select distinct principal from touched) who),
     placed as (
       select distinct on (subject) subject, principal,
              start.turn + row_number() over (partition by principal order by subject) as turn,
              bool_or(decides) over (partition by subject) as decides
         from touched join start using (principal)
        order by subject, turn),
     marked as (
       insert into verification_mark as mark (chain_id, subject, principal, turn, decides)
       select $1, subject, principal, turn, decides from placed order by subject ${UPSERT}),
     hints as materialized (
       select pg_notify($4, '')
       union all
       select pg_notify($6, $1 || case when count(*) over () <= ${NAMED_AT_MOST} then ' ' || encode(subject, 'hex') else '' end)
         from placed where decides)
     select subject from placed cross join (select count(*) from hints) told where decides`,
    [
      chainId,
      touched.map(({ subject }) => subject),
      touched.map(({ principal }) => principal),
      channels.mark,
      touched.map(({ decides }) => decides),
      channels.evidence,
    ],
  );
  if (deciding.length > 0) {
    const named = deciding.length <= NAMED_AT_MOST ? deciding.map(({ subject }) => subject) : undefined;
    onCommit(tx, () => tellOfEvidence(tx.connection, chainId, named));
  }
}

/** As `markTouched`, all of them by one principal. */
export function markSubjects(
  tx: Transaction,
  chainId: number,
  subjects: readonly Buffer[],
  principal = SERVICE,
): Promise<void> {
  return markTouched(
    tx,
    chainId,
    subjects.map((subject) => ({ subject, principal, decides: true })),
  );
}

/**
 * The principal waits for this one, which is not handed out yet: it gets his turn if that is earlier, as it is for one of
 * very many that a change of the chain, or somebody else, has marked.
 */
export async function hastenMark(
  reader: Reader,
  chainId: number,
  subject: Buffer,
  principal: string,
): Promise<void> {
  await reader.query(
    `with place as materialized (select greatest(${FRONT}, ${lastTurnOf('$3')}) + 1 as turn),
     hastened as (
       update verification_mark mark set priority = $4, principal = $3, turn = place.turn from place
        where chain_id = $1 and subject = $2 and (priority > $4 or mark.turn > place.turn) and claimed_until < now()
        returning 1)
     select pg_notify($5, '') from hastened`,
    [chainId, subject, principal, Priority.interactive, channels.mark],
  );
}

/**
 * After everything that somebody waits for: there may be very many, and each has a verdict already. Says that trust changed;
 * what that is to do to an answer, whoever reads it finds out by himself.
 */
export async function markEverySubject(tx: Transaction, chainId: number): Promise<void> {
  await tx.query(
    `with clock as materialized (select ${FRONT} as front),
     marked as (
       insert into verification_mark as mark (chain_id, subject, priority, turn, decides)
       select chain_id, digest, $3, ${NO_TURN}, false from subject where chain_id = $1 order by digest ${UPSERT})
     select pg_notify($2, ''), pg_notify($4, $1::text)`,
    [chainId, channels.mark, Priority.bulk, channels.trust],
  );
}
