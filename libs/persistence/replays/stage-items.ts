import type { Transaction } from '../transaction.js';
import { counts } from '../verdicts/counting.js';
import { type NewVerdict, toJson } from '../verdicts/store-verdict.js';
import type { FindingBody } from '../verdicts/verdict-body.js';
import type { ReplayPart } from './claim-items.js';

/** What a worker found out about a subject that it had claimed. */
export type SettledItem =
  | { readonly subject: Buffer; readonly result: 'unchanged' | 'error' }
  | ({ readonly subject: Buffer; readonly result: 'changed' } & ChangedVerdict);

export interface ChangedVerdict {
  readonly verdict: NewVerdict;
  /** Null: the outcome is the same. */
  readonly flipRank: number | null;
  /** Findings that came or went with the flip. */
  readonly causes: readonly FindingBody[];
}

/**
 * Writes down what became of claimed subjects, once each, whoever else claimed them meanwhile. A changed verdict is
 * stored at once and counts once the chain is switched. Where a live verification came in between, or is to come, its
 * verdict stays: it is about newer evidence. What follows from a hypothetical layout is not stored as a verdict at all.
 */
export async function stageItems(
  tx: Transaction,
  part: ReplayPart,
  items: readonly SettledItem[],
): Promise<void> {
  const toStore = part.hypotheticalLayout === null ? items.filter(({ result }) => result === 'changed') : [];
  // Numbered before it is looked whether something happened: a live verdict that the look misses has a higher number.
  const seqs = toStore.length > 0 ? await verdictNumbers(tx, toStore.length) : [];
  const given = items.map((item) => ({
    hex: item.subject.toString('hex'),
    result: item.result,
    ...(item.result === 'changed' ? { seq: seqs.pop() ?? null, ...describe(item) } : {}),
  }));
  await tx.query(STAGE, [part.replayId, part.chainId, toJson(given)]);
}

async function verdictNumbers(tx: Transaction, count: number): Promise<string[]> {
  const rows = await tx.query<{ seq: string }[]>(
    `select nextval(pg_get_serial_sequence('verdict', 'seq'))::text as seq from generate_series(1, $1)`,
    [count],
  );
  return rows.map(({ seq }) => seq);
}

function describe({ verdict, flipRank, causes }: ChangedVerdict): object {
  return {
    outcome: verdict.outcome,
    inputs: verdict.inputsDigest.toString('hex'),
    layout: verdict.layoutId?.toString('hex') ?? null,
    body: verdict.body,
    explanation: verdict.explanation,
    evaluated: verdict.evaluatedAt,
    valid: verdict.validUntil,
    engine: verdict.engine,
    watch: verdict.watch.map((digest) => digest.toString('hex')),
    flip: flipRank,
    causes,
  };
}

const STAGE = `
  with given as (
    select decode(hex, 'hex') as subject, row.* from json_to_recordset($3) as row(
      hex text, result text, seq bigint, outcome text, inputs text, layout text, body json, explanation json,
      evaluated timestamptz, valid timestamptz, engine integer, keys json, watch json, flip smallint, causes json)),
  held as (
    select given.*, item.verdict_seq
      from given join replay_item item on item.replay_id = $1 and item.chain_id = $2
                                      and item.subject = given.subject and item.result is null
     order by given.subject for update of item),
  looked as (
    select held.*, held.seq is not null and (
             exists (select from verification_mark mark where mark.chain_id = $2 and mark.subject = held.subject)
             or held.verdict_seq <> (
               select verdict.seq from verdict
                where chain_id = $2 and verdict.subject = held.subject and ${counts()}
                order by verdict.seq desc limit 1)) as moved
      from held),
  stored as (
    insert into verdict (chain_id, subject, seq, outcome, inputs_digest, layout_id, body, explanation, evaluated_at,
                         valid_until, engine, replay_id)
    select $2, subject, seq, outcome, decode(inputs, 'hex'), decode(layout, 'hex'), body, explanation, evaluated,
           valid, engine, $1
      from looked where seq is not null and not moved),
  settled as (
    update replay_item item
       set result = case when looked.moved then 'superseded' else looked.result end,
           outcome_after = looked.outcome,
           flip_rank = case when not looked.moved then looked.flip end,
           causes = looked.causes,
           inputs_digest = decode(looked.inputs, 'hex'),
           staged_seq = case when not looked.moved then looked.seq end,
           watch = array(select decode(value, 'hex') from json_array_elements_text(looked.watch))
      from looked
     where item.replay_id = $1 and item.chain_id = $2 and item.subject = looked.subject
    returning item.result, item.flip_rank)
  update replay_chain
     set done = replay_chain.done + batch.done, changed = replay_chain.changed + batch.changed,
         flips = replay_chain.flips + batch.flips, superseded = replay_chain.superseded + batch.superseded,
         errors = replay_chain.errors + batch.errors
    from (select count(*) as done, count(flip_rank) as flips,
                 count(*) filter (where result = 'changed') as changed,
                 count(*) filter (where result = 'superseded') as superseded,
                 count(*) filter (where result = 'error') as errors
            from settled) batch
   where replay_id = $1 and chain_id = $2`;
