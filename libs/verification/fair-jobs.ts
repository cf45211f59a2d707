import type { ClaimedMark } from '#persistence/subjects/claim-marks.js';
import type { Mark } from '#persistence/subjects/marks.js';

/**
 * Subjects a job: moving a job costs as much as verifying a small chain, but what comes next waits until one ends.
 */
export const SUBJECTS_PER_JOB = 10;

export interface FairJob {
  readonly marks: readonly Mark[];
  /** None is to wait for one of a higher rank. */
  readonly rank: number;
}

/**
 * Jobs for marks that come by their places, each of one chain. Those of one rank with little in them share one, so that very
 * many chains with a mark each cost little.
 */
export function jobsOf(claimed: readonly ClaimedMark[]): FairJob[] {
  const jobs: FairJob[] = [];
  for (const [rank, pieces] of groupBy(piecesOf(claimed), rankOf)) {
    let marks: Mark[] = [];
    for (const piece of pieces) {
      if (marks.length + piece.length > SUBJECTS_PER_JOB) {
        jobs.push({ marks, rank });
        marks = [];
      }
      marks.push(...piece.map(({ place: _, ...mark }) => mark));
    }
    jobs.push({ marks, rank });
  }
  return jobs;
}

function* piecesOf(claimed: readonly ClaimedMark[]): Generator<ClaimedMark[]> {
  for (const ofChain of groupBy(claimed, ({ chainId }) => chainId).values()) {
    for (let start = 0; start < ofChain.length; start += SUBJECTS_PER_JOB) {
      yield ofChain.slice(start, start + SUBJECTS_PER_JOB);
    }
  }
}

function rankOf([first]: readonly ClaimedMark[]): number {
  return Math.floor(((first?.place ?? 1) - 1) / SUBJECTS_PER_JOB);
}

function groupBy<Item>(items: Iterable<Item>, keyOf: (item: Item) => number): Map<number, Item[]> {
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
