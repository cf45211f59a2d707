import { channels } from '../channels.js';
import type { Mark } from '../subjects/marks.js';
import type { Transaction } from '../transaction.js';
import type { Outcome, VerdictBody } from './verdict-body.js';

export interface NewVerdict {
  readonly outcome: Outcome;
  readonly inputsDigest: Buffer;
  readonly layoutId: Buffer | null;
  readonly body: VerdictBody;
  readonly evaluatedAt: Date;
  readonly validUntil: Date | null;
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
  const [current] = await tx.query<{ inputs_digest: Buffer }[]>(
    'select inputs_digest from verdict where chain_id = $1 and subject = $2 order by seq desc limit 1',
    [mark.chainId, mark.subject],
  );
  if (current?.inputs_digest.equals(verdict.inputsDigest)) {
    return 'unchanged';
  }
  await tx.query(
    `insert into verdict (chain_id, subject, outcome, inputs_digest, layout_id, body, evaluated_at, valid_until)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      mark.chainId,
      mark.subject,
      verdict.outcome,
      verdict.inputsDigest,
      verdict.layoutId,
      JSON.stringify(verdict.body),
      verdict.evaluatedAt,
      verdict.validUntil,
    ],
  );
  await tx.query('select pg_notify($1, $2)', [channels.verdict, '']);
  return 'stored';
}
