import { channels } from '../channels.js';
import { type Mark, markSubjects } from '../subjects/marks.js';
import type { Transaction } from '../transaction.js';
import type { Explanation } from './explanation.js';
import type { Outcome, VerdictBody } from './verdict-body.js';

export interface NewVerdict {
  readonly outcome: Outcome;
  readonly inputsDigest: Buffer;
  readonly layoutId: Buffer | null;
  readonly body: VerdictBody;
  readonly evaluatedAt: Date;
  readonly validUntil: Date | null;
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
  const [current] = await tx.query<CurrentRow[]>(
    `select inputs_digest, outcome, valid_until from verdict
      where chain_id = $1 and subject = $2 order by seq desc limit 1`,
    [mark.chainId, mark.subject],
  );
  if (current && isSame(current, verdict)) {
    return 'unchanged';
  }
  await tx.query(
    `insert into verdict (chain_id, subject, outcome, inputs_digest, layout_id, body, explanation, evaluated_at, valid_until)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
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
    ],
  );
  await tx.query('select pg_notify($1, $2)', [
    channels.verdict,
    `${mark.chainId} ${mark.subject.toString('hex')}`,
  ]);
  return 'stored';
}

interface CurrentRow {
  readonly inputs_digest: Buffer;
  readonly outcome: string;
  readonly valid_until: Date | null;
}

/** The digest says it all, unless somebody changed the row. */
function isSame(current: CurrentRow, { inputsDigest, outcome, validUntil }: NewVerdict): boolean {
  return (
    current.inputs_digest.equals(inputsDigest) &&
    current.outcome === outcome &&
    current.valid_until?.getTime() === validUntil?.getTime()
  );
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
function toJson(body: VerdictBody | Explanation): string {
  return JSON.stringify(body, (_, value: unknown) =>
    typeof value === 'string' ? value.replace(/[\0\p{Cs}]/gu, '\ufffd') : value,
  );
}
