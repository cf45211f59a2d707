import { channels } from '../channels.js';
import { type Mark, markSubjects } from '../subjects/marks.js';
import type { Transaction } from '../transaction.js';
import { counts } from './counting.js';
import type { Explanation } from './explanation.js';
import type { Outcome, VerdictBody } from './verdict-body.js';

export interface NewVerdict {
  readonly outcome: Outcome;
  readonly inputsDigest: Buffer;
  readonly layoutId: Buffer | null;
  readonly body: VerdictBody;
  readonly evaluatedAt: Date;
  readonly validUntil: Date | null;
  /** Version of the engine that found it. */
  readonly engine: number;
  readonly explanation: Explanation;
  /** Digests whose appearance in a link without a run may change the verdict. */
  readonly watch: readonly Buffer[];
}

/** `stored`: a new row. `unchanged`: the same inputs as the current verdict. `outdated`: something happened meanwhile. */
export type StoreResult = 'stored' | 'unchanged' | 'outdated';

/**
 * Stores a verdict and clears its mark, unless the mark has moved on since the evidence was read: then the verdict may
 * be about yesterday's evidence and a newer job is on its way.
 */
export async function storeVerdict(tx: Transaction, mark: Mark, verdict: NewVerdict): Promise<StoreResult> {
  const [, cleared] = await tx.query<[unknown, number]>(
    'delete from verification_mark where chain_id = $1 and subject = $2 and generation = $3',
    [mark.chainId, mark.subject, mark.generation],
  );
  if (cleared === 0) {
    return 'outdated';
  }
  if (await watchNew(tx, mark, verdict.watch)) {
    // A link with such a digest may have come after the evidence was read and before the watch stood: look again.
    await markSubjects(tx, mark.chainId, [mark.subject]);
  }
  const [current] = await tx.query<{ inputs_digest: Buffer }[]>(
    `select inputs_digest from verdict
      where chain_id = $1 and subject = $2 and ${counts()} order by seq desc limit 1`,
    [mark.chainId, mark.subject],
  );
  if (current?.inputs_digest.equals(verdict.inputsDigest)) {
    return 'unchanged';
  }
  await tx.query(
    `insert into verdict (chain_id, subject, outcome, inputs_digest, layout_id, body, explanation, evaluated_at, valid_until, engine)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      mark.chainId,
      mark.subject,
      verdict.outcome,
      verdict.inputsDigest,
      verdict.layoutId,
      toJson(verdict.body),
      toJson(verdict.explanation),
      verdict.evaluatedAt,
      verdict.validUntil,
      verdict.engine,
    ],
  );
  await tx.query('select pg_notify($1, $2)', [
    channels.verdict,
    `${mark.chainId} ${mark.subject.toString('hex')}`,
  ]);
  return 'stored';
}

/** Brings what the subject watches up to date. True when there is something new to watch. */
async function watchNew(
  tx: Transaction,
  { chainId, subject }: Mark,
  digests: readonly Buffer[],
): Promise<boolean> {
  await tx.query(
    'delete from subject_watch where chain_id = $1 and subject = $2 and digest <> all($3::bytea[])',
    [chainId, subject, digests],
  );
  const added = await tx.query<object[]>(
    `insert into subject_watch (chain_id, digest, subject)
     select distinct $1::integer, digest, $2::bytea from unnest($3::bytea[]) digest on conflict do nothing returning 1`,
    [chainId, subject, digests],
  );
  return added.length > 0;
}

/**
 * Findings quote paths and names of evidence, which may hold what PostgreSQL does not: NUL, and halves of surrogate
 * pairs. A verdict must not fail for it.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'string' ? member.replace(/[\0\p{Cs}]/gu, '\ufffd') : member,
  );
}
