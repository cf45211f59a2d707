import type { Reader } from '../transaction.js';
import { counts } from './counting.js';
import type { Explanation } from './explanation.js';
import type { Outcome, VerdictBody } from './verdict-body.js';

export interface CurrentVerdict {
  readonly seq: string;
  readonly outcome: Outcome;
  readonly layoutId: Buffer | null;
  readonly body: VerdictBody;
  readonly evaluatedAt: Date;
  readonly validUntil: Date | null;
}

export interface SubjectState {
  /** Undefined: not verified yet. */
  readonly verdict: CurrentVerdict | undefined;
  /** The layout that is in force now, which may not be the verdict's. */
  readonly activeLayout: Buffer | null;
}

/** The newest verdict of a known subject; undefined when the subject is not known in this chain. */
export async function subjectState(
  reader: Reader,
  chainId: number,
  subject: Buffer,
): Promise<SubjectState | undefined> {
  const [row] = await reader.query<StateRow[]>(
    `select chain.active_layout, verdict.*
       from subject
       join chain on chain.id = subject.chain_id
       left join lateral (select seq, outcome, layout_id, body, evaluated_at, valid_until from verdict
                           where chain_id = $1 and subject = $2 and ${counts()} order by seq desc limit 1) verdict on true
      where subject.chain_id = $1 and subject.digest = $2`,
    [chainId, subject],
  );
  if (!row) {
    return undefined;
  }
  const { seq, outcome, body, evaluated_at: evaluatedAt } = row;
  const verdict =
    seq !== null && outcome !== null && body !== null && evaluatedAt !== null
      ? { seq, outcome, body, evaluatedAt, layoutId: row.layout_id, validUntil: row.valid_until }
      : undefined;
  return { verdict, activeLayout: row.active_layout };
}

interface StateRow {
  readonly active_layout: Buffer | null;
  readonly seq: string | null;
  readonly outcome: Outcome | null;
  readonly layout_id: Buffer | null;
  readonly body: VerdictBody | null;
  readonly evaluated_at: Date | null;
  readonly valid_until: Date | null;
}

/** How the newest verdict came about; undefined when there is none yet. */
export async function currentExplanation(
  reader: Reader,
  chainId: number,
  subject: Buffer,
): Promise<{ outcome: Outcome; explanation: Explanation; evaluatedAt: Date } | undefined> {
  const [row] = await reader.query<{ outcome: Outcome; explanation: Explanation; evaluated_at: Date }[]>(
    `select outcome, explanation, evaluated_at from verdict
      where chain_id = $1 and subject = $2 and ${counts()} order by seq desc limit 1`,
    [chainId, subject],
  );
  return row && { outcome: row.outcome, explanation: row.explanation, evaluatedAt: row.evaluated_at };
}
