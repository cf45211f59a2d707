import type { VerdictBody } from '#persistence/verdicts/verdict-body.js';
import type { PastVerdict } from '#persistence/verdicts/verdict-history.js';

/** One verdict of a digest's history. */
export interface PastVerdictInfo {
  readonly seq: string;
  readonly verdict: PastVerdict['outcome'];
  /** What had changed since the verdict before; null: not kept by the build that found it. */
  readonly cause: readonly string[] | null;
  /** Id of the replay that found it. */
  readonly replay: string | null;
  readonly evaluatedAt: string;
  /** From when it counted; null: its replay has not been applied. */
  readonly countsFrom: string | null;
  readonly validUntil: string | null;
  readonly layout: VerdictBody['layout'];
  /** Version of the verification that found it. */
  readonly engine: number | null;
  /** `seq` of the chain's last event of trust that it was found by. */
  readonly trustEpoch: string | null;
  /** Codes. */
  readonly findings: readonly string[];
}

export function pastVerdictInfo(past: PastVerdict): PastVerdictInfo {
  const countsFrom = past.replayId === null ? (past.storedAt ?? past.evaluatedAt) : past.switchedAt;
  return {
    seq: past.seq,
    verdict: past.outcome,
    cause: past.cause,
    replay: past.replayId,
    evaluatedAt: past.evaluatedAt.toISOString(),
    countsFrom: countsFrom?.toISOString() ?? null,
    validUntil: past.validUntil?.toISOString() ?? null,
    layout: past.layout,
    engine: past.basis?.engine ?? null,
    trustEpoch: past.basis?.epoch ?? null,
    findings: past.findings,
  };
}
