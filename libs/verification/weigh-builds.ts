import type { FindingBody, Outcome } from '#persistence/verdicts/verdict-body.js';
import { finding } from './findings.js';
import type { BuildJudgement } from './judge-build.js';

export interface Weighed {
  readonly outcome: Outcome;
  readonly deciding: BuildJudgement;
  readonly findings: FindingBody[];
}

/**
 * Several builds may explain one digest: rebuilds of a reproducible image. They come newest first. `strict`: the newest
 * that says anything decides, so that a newer contradiction is not covered by an older pass; and it must be newer in
 * every step, so that an old link among new ones does not cover it either. `any`: one pass is enough, and the
 * contradiction is a warning. A build that is still incomplete says nothing yet.
 */
export function weighBuilds(judged: readonly BuildJudgement[], conflict: 'strict' | 'any'): Weighed {
  const decided = judged.filter(({ outcome }) => outcome !== 'pending');
  const passing = decided.find(({ outcome }) => outcome === 'pass');
  const deciding = (conflict === 'any' ? passing : newestContradiction(decided)) ?? decided[0] ?? judged[0];
  if (!deciding) {
    throw new RangeError('there is no build to weigh');
  }
  const others = judged.filter((build) => build !== deciding);
  return {
    outcome: deciding.outcome,
    deciding,
    findings: [...deciding.findings, ...others.map((build) => otherBuild(build, deciding))],
  };
}

/** The failing build that the newest, passing one does not supersede: some step of it is older there. */
function newestContradiction([newest, ...others]: readonly BuildJudgement[]): BuildJudgement | undefined {
  return newest?.outcome === 'pass'
    ? others.find((other) => other.outcome === 'fail' && !supersedes(newest, other))
    : undefined;
}

function supersedes(newer: BuildJudgement, older: BuildJudgement): boolean {
  return [...older.arrivals].every(([step, arrival]) => (newer.arrivals.get(step) ?? arrival) >= arrival);
}

function otherBuild(other: BuildJudgement, deciding: BuildJudgement): FindingBody {
  const contradicts = other.outcome !== 'pending' && other.outcome !== deciding.outcome;
  return finding(contradicts ? 'BUILDS_DISAGREE' : 'OTHER_BUILD', { run: other.run, outcome: other.outcome });
}
