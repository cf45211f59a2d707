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
 * contradiction is a warning. A build that is still incomplete says nothing yet; one that is too large to be looked at
 * may hide a contradiction.
 */
export function weighBuilds(judged: readonly BuildJudgement[], conflict: 'strict' | 'any'): Weighed {
  const decided = judged.filter(({ outcome }) => outcome !== 'pending');
  const passing = decided.find(({ outcome }) => outcome === 'pass');
  const deciding = (conflict === 'any' ? passing : doubt(judged, decided)) ?? decided[0] ?? judged[0];
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

/** What the newest, passing build does not supersede: a failing one some step of which is newer, or one not seen in full. */
function doubt(
  judged: readonly BuildJudgement[],
  [newest, ...others]: readonly BuildJudgement[],
): BuildJudgement | undefined {
  return newest?.outcome === 'pass'
    ? (others.find((other) => other.outcome === 'fail' && !supersedes(newest, other)) ??
        judged.find(({ limited }) => limited))
    : undefined;
}

function supersedes(newer: BuildJudgement, older: BuildJudgement): boolean {
  return [...older.arrivals].every(([step, arrival]) => (newer.arrivals.get(step) ?? arrival) >= arrival);
}

function otherBuild(other: BuildJudgement, deciding: BuildJudgement): FindingBody {
  const contradicts = other.outcome !== 'pending' && other.outcome !== deciding.outcome;
  return finding(contradicts ? 'BUILDS_DISAGREE' : 'OTHER_BUILD', { run: other.run, outcome: other.outcome });
}
