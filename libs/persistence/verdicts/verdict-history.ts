import type { Reader } from '../transaction.js';
import type { VerdictBasis } from './verdict-basis.js';
import type { Outcome, VerdictBody } from './verdict-body.js';

export interface PastVerdict {
  readonly seq: string;
  readonly outcome: Outcome;
  readonly evaluatedAt: Date;
  readonly validUntil: Date | null;
  /** Null: stored by a build that did not say; also of `basis` and `cause`. */
  readonly storedAt: Date | null;
  readonly basis: VerdictBasis | null;
  readonly cause: readonly string[] | null;
  readonly layout: VerdictBody['layout'];
  readonly findings: readonly string[];
  readonly replayId: string | null;
  /** Of a replay's verdict: when it came to count; null: not yet. */
  readonly switchedAt: Date | null;
}

/** Every verdict of a subject, the newest first, also those of replays that do not count yet. */
export async function verdictHistory(
  reader: Reader,
  chainId: number,
  subject: Buffer,
  { before, limit }: { readonly before: string | undefined; readonly limit: number },
): Promise<PastVerdict[]> {
  const rows = await reader.query<HistoryRow[]>(
    `select verdict.seq, outcome, evaluated_at, valid_until, stored_at, basis, cause, body->'layout' as layout,
            array(select finding->>'code' from json_array_elements(body->'findings') finding) as findings,
            verdict.replay_id, replay_chain.switched_at
       from verdict
       left join replay_chain on replay_chain.replay_id = verdict.replay_id and replay_chain.chain_id = $1
      where verdict.chain_id = $1 and subject = $2 and ($3::bigint is null or verdict.seq < $3)
      order by verdict.seq desc limit $4`,
    [chainId, subject, before ?? null, limit],
  );
  return rows.map((row) => ({
    seq: row.seq,
    outcome: row.outcome,
    evaluatedAt: row.evaluated_at,
    validUntil: row.valid_until,
    storedAt: row.stored_at,
    basis: row.basis,
    cause: row.cause,
    layout: row.layout,
    findings: [...new Set(row.findings)],
    replayId: row.replay_id,
    switchedAt: row.switched_at,
  }));
}

interface HistoryRow {
  readonly seq: string;
  readonly outcome: Outcome;
  readonly evaluated_at: Date;
  readonly valid_until: Date | null;
  readonly stored_at: Date | null;
  readonly basis: VerdictBasis | null;
  readonly cause: string[] | null;
  readonly layout: VerdictBody['layout'];
  readonly findings: string[];
  readonly replay_id: string | null;
  readonly switched_at: Date | null;
}
