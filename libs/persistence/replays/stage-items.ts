import type { Transaction } from '../transaction.js';
import { toJson } from '../verdicts/insert-verdict.js';
import { newestThatCounts } from '../verdicts/newest-that-counts.js';
import type { NewVerdict } from '../verdicts/store-verdict.js';
import type { FindingBody } from '../verdicts/verdict-body.js';
import type { Cause } from '../verdicts/verdict-cause.js';
import type { ReplayPart } from './claim-items.js';

/** What a worker found out about a subject that it had claimed. */
export type SettledItem =
  | { readonly subject: Buffer; readonly result: 'unchanged' | 'error' }
  | ({ readonly subject: Buffer; readonly result: 'changed' } & ChangedVerdict);

export interface ChangedVerdict {
  readonly verdict: NewVerdict;
  readonly cause: readonly Cause[];
  /** Null: the outcome is the same. */
  readonly flipRank: number | null;
  /** Those that came or went with the flip. */
  readonly findings: readonly FindingBody[];
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

function describe({ verdict, cause, flipRank, findings }: ChangedVerdict): object {
  return {
    outcome: verdict.outcome,
    inputs: verdict.inputsDigest.toString('hex'),
    layout: verdict.layoutId?.toString('hex') ?? null,
    body: verdict.body,
    explanation: verdict.explanation,
    evaluated: verdict.evaluatedAt,
    valid: verdict.validUntil,
    basis: verdict.basis,
    relies: verdict.reliesOn,
    keys: [...new Set(verdict.reliesOn.map(({ fingerprint }) => fingerprint))],
    watch: verdict.watch.map((digest) => digest.toString('hex')),
    cause,
    flip: flipRank,
    findings,
  };
}

const STAGE = `
  with given as (
    select decode(hex, 'hex') as subject, row.* from json_to_recordset($3) as row(
      hex text, result text, seq bigint, outcome text, inputs text, layout text, body json, explanation json,
      evaluated timestamptz, valid timestamptz, basis json, relies json, keys json,
      watch json, cause text[], flip smallint, findings json)),
  held as (
    select given.*, item.verdict_seq
      from given join replay_item item on item.replay_id = $1 and item.chain_id = $2
                                      and item.subject = given.subject and item.result is null
     order by given.subject for update of item),
  looked as (
    select held.*, held.seq is not null and (
             exists (select from verification_mark mark where mark.chain_id = $2 and mark.subject = held.subject)
             or held.verdict_seq <> ${newestThatCounts('seq', { chain: '$2', subject: 'held.subject' })}) as moved
      from held),
  stored as (
    insert into verdict (chain_id, subject, seq, outcome, inputs_digest, layout_id, body, explanation, evaluated_at,
                         valid_until, basis, relies_on, cause, replay_id)
    select $2, subject, seq, outcome, decode(inputs, 'hex'), decode(layout, 'hex'), body, explanation, evaluated,
           valid, basis, relies, cause, $1
      from looked where seq is not null and not moved),
  settled as (
    update replay_item item
       set result = case when looked.moved then 'superseded' else looked.result end,
           outcome_after = looked.outcome,
           flip_rank = case when not looked.moved then looked.flip end,
           cause = looked.cause,
           findings = looked.findings,
           inputs_digest = decode(looked.inputs, 'hex'),
           staged_seq = case when not looked.moved then looked.seq end,
           keys = array(select decode(value, 'hex') from json_array_elements_text(looked.keys)),
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
