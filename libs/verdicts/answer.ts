import { boundBody } from '#persistence/verdicts/bounded-verdict.js';
import type { SubjectState } from '#persistence/verdicts/current-verdict.js';
import { SERVICE_FINDINGS } from '#persistence/verdicts/service-findings.js';
import type { VerdictBasis } from '#persistence/verdicts/verdict-basis.js';
import type { FindingBody, Outcome, VerdictBody } from '#persistence/verdicts/verdict-body.js';
import { writeDigest } from '#platform/digest.js';
import { keyStanding } from './key-standing.js';

/** What a deploy tool is told. `allowed` is the one member that a gate needs. */
export interface Answer extends VerdictBody {
  readonly digest: string;
  readonly chain: string;
  readonly verdict: Outcome;
  /** True only for a pass by the layout in force, before its expiry, all of whose signatures stand, with nothing unseen. */
  readonly allowed: boolean;
  readonly evaluatedAt: string | null;
  readonly validUntil: string | null;
}

/**
 * Reads the stored verdict as of now: one by another layout or other rules counts no more, nor one whose layout has
 * expired, nor one with keys that are not good any more, nor a pass after which evidence came. No job has to run for that.
 */
export function answerOf(chain: string, subject: Buffer, state: SubjectState, at: Date): Answer {
  const answer = unboundedAnswer(chain, subject, state, at);
  const body = boundBody(answer);
  return body ? { ...answer, ...body } : { ...answer, ...unverified(tooLarge()) };
}

/** Builds before this one stored verdicts of any size, and what keys have come to is added to them. */
function unboundedAnswer(chain: string, subject: Buffer, state: SubjectState, at: Date): Answer {
  const { verdict, activeLayout } = state;
  const base = { digest: writeDigest(subject), chain };
  if (!verdict) {
    return { ...base, ...unverified(queued()), evaluatedAt: null, validUntil: null };
  }
  const times = {
    evaluatedAt: verdict.evaluatedAt.toISOString(),
    validUntil: verdict.validUntil?.toISOString() ?? null,
  };
  if (!sameLayout(verdict.layoutId, activeLayout)) {
    return { ...base, ...unverified(layoutChanged()), ...times };
  }
  if (!sameRules(verdict.basis, state.rules)) {
    return { ...base, ...unverified(rulesChanged()), ...times };
  }
  if (verdict.validUntil && verdict.validUntil.getTime() <= at.getTime()) {
    const layoutEnded = verdict.body.layout?.expires === times.validUntil;
    const findings = [
      layoutEnded ? expired(verdict.validUntil) : tooOld(verdict.validUntil),
      ...verdict.body.findings,
    ];
    return { ...base, ...verdict.body, findings, ...times, verdict: 'fail', allowed: false };
  }
  if (verdict.outcome !== 'pass') {
    return { ...base, ...verdict.body, ...times, verdict: verdict.outcome, allowed: false };
  }
  const { denials, warnings } = keyStanding(state);
  if (denials.length > 0) {
    const findings = [...denials, ...verdict.body.findings];
    return { ...base, ...verdict.body, findings, ...times, verdict: 'fail', allowed: false };
  }
  if (state.hasUnseen) {
    return { ...base, ...unverified(notLookedAt()), ...times };
  }
  const findings = [...verdict.body.findings, ...warnings];
  return { ...base, ...verdict.body, findings, ...times, verdict: 'pass', allowed: true };
}

function unverified(finding: FindingBody) {
  return {
    verdict: 'pending' as const,
    allowed: false,
    findings: [finding],
    missing: [],
    evidence: [],
    layout: null,
  };
}

/** There is no verdict by the rules of now, and there will be one. */
export function isBeingVerified({ findings }: Answer): boolean {
  return findings.some(({ code }) => AWAITED.includes(code));
}

const AWAITED = ['VERIFICATION_QUEUED', 'LAYOUT_CHANGED', 'RULES_CHANGED', 'EVIDENCE_NOT_LOOKED_AT'];

function sameLayout(a: Buffer | null, b: Buffer | null): boolean {
  return a === b || (a !== null && b !== null && a.equals(b));
}

/** Builds before this one did not say by which rules they judged. */
function sameRules(basis: VerdictBasis | null, now: SubjectState['rules']): boolean {
  return basis === null || (basis.settings === now.settings && basis.owners === now.owners);
}

function queued(): FindingBody {
  return {
    code: 'VERIFICATION_QUEUED',
    severity: 'info',
    message: 'The links that speak of this digest are being verified.',
    fix: 'Ask again after the time in Retry-After.',
  };
}

function layoutChanged(): FindingBody {
  return {
    code: 'LAYOUT_CHANGED',
    severity: 'info',
    message: 'Another layout came into force; the digest is being verified again.',
    fix: 'Ask again after the time in Retry-After.',
  };
}

function rulesChanged(): FindingBody {
  return {
    code: 'RULES_CHANGED',
    severity: 'info',
    message: 'The settings or the owners of the chain changed; the digest is being verified again.',
    fix: 'Ask again after the time in Retry-After.',
  };
}

function notLookedAt(): FindingBody {
  return {
    code: 'EVIDENCE_NOT_LOOKED_AT',
    severity: 'info',
    message: SERVICE_FINDINGS.EVIDENCE_NOT_LOOKED_AT,
    fix: 'Ask again after the time in Retry-After. If it stays so, see that a worker runs: GET /marks lists what waits.',
  };
}

function tooLarge(): FindingBody {
  return {
    code: 'VERDICT_TOO_LARGE',
    severity: 'error',
    message: SERVICE_FINDINGS.VERDICT_TOO_LARGE,
    fix: 'Have an operator replay the digest (POST /replays); its verdict was found by an older build.',
  };
}

function expired(at: Date): FindingBody {
  return {
    code: 'LAYOUT_EXPIRED',
    severity: 'error',
    message: `The layout expired at ${at.toISOString()}; what was verified by it allows nothing any more.`,
    fix: 'Have the owners sign a layout with a later `expires` and post it to /layouts.',
  };
}

function tooOld(at: Date): FindingBody {
  return {
    code: 'LINK_TOO_OLD',
    severity: 'error',
    message: `A link of the evidence grew too old at ${at.toISOString()}.`,
    fix: 'Perform the step again and post its new link.',
  };
}
