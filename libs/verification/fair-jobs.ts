import type { ClaimedMark } from '#persistence/subjects/claim-marks.js';
import type { Mark } from '#persistence/subjects/marks.js';

/**
 * Subjects a job: moving a job costs as much as verifying a small chain, but what comes next waits until one ends.
 */
export const SUBJECTS_PER_JOB = 10;

export interface FairJob {
  readonly marks: readonly Mark[];
  /** How many full jobs of their chains were handed out before: none of a round is to wait for one of the next. */
  readonly round: number;
}

/** Jobs for marks that come by their places. Chains with less than a job is for share one, so that very many small ones cost little. */
export function jobsOf(claimed: readonly ClaimedMark[]): FairJob[] {
  const jobs: FairJob[] = [];
  for (const [round, ofRound] of groupBy(claimed, ({ place }) =>
    Math.floor((place - 1) / SUBJECTS_PER_JOB),
  )) {
    let marks: Mark[] = [];
    for (const ofChain of groupBy(ofRound, ({ chainId }) => chainId).values()) {
      if (marks.length + ofChain.length > SUBJECTS_PER_JOB) {
        jobs.push({ marks, round });
        marks = [];
      }
      marks.push(...ofChain.map(({ place: _, ...mark }) => mark));
    }
    jobs.push({ marks, round });
  }
  return jobs;
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => number): Map<number, Item[]> {
  const groups = new Map<number, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) {
      group.push(item);
    } else {
      groups.set(key, [item]);
    }
  }
  return groups;
}
