import type { ClaimedItem } from '#persistence/replays/claim-items.js';
import { flipRank } from '#persistence/replays/find-flips.js';
import type { SettledItem } from '#persistence/replays/stage-items.js';
import { boundFindings } from '#persistence/verdicts/bounded-findings.js';
import type { NewVerdict } from '#persistence/verdicts/store-verdict.js';
import type { FindingBody, VerdictBody } from '#persistence/verdicts/verdict-body.js';
import { causeOf } from '#persistence/verdicts/verdict-cause.js';

/** Findings told of one flip. */
const FINDINGS = 5;
const FINDINGS_BYTES = 16 * 1024;

/** What a replay found, beside what was current when it was planned: the same inputs change nothing. */
export function compareVerdicts({ subject, before }: ClaimedItem, verdict: NewVerdict): SettledItem {
  if (before.inputsDigest.equals(verdict.inputsDigest)) {
    return { subject, result: 'unchanged' };
  }
  const rank = flipRank(before.outcome, verdict.outcome);
  const findings = rank === null ? [] : findingsOf(before.body, verdict.body);
  return { subject, result: 'changed', verdict, cause: causeOf(before, verdict), flipRank: rank, findings };
}

/** Why the outcome is another: the findings that came and those that went, errors first. */
function findingsOf(before: VerdictBody, after: VerdictBody): FindingBody[] {
  const came = without(after.findings, before.findings);
  const gone = without(before.findings, after.findings).map((finding) => ({ ...finding, gone: true }));
  const both = [...came, ...gone];
  const isError = ({ severity }: FindingBody): boolean => severity === 'error';
  const gravest = [...both.filter(isError), ...both.filter((finding) => !isError(finding))].slice(
    0,
    FINDINGS,
  );
  return boundFindings(gravest, FINDINGS_BYTES);
}

function without(findings: readonly FindingBody[], others: readonly FindingBody[]): FindingBody[] {
  const known = new Set(others.map(({ code, message }) => `${code} ${message}`));
  return findings.filter(({ code, message }) => !known.has(`${code} ${message}`));
}
