import { describe, expect, it } from 'vitest';
import type { ClaimedMark } from '#persistence/subjects/claim-marks.js';
import { type FairJob, jobsOf, SUBJECTS_PER_JOB } from './fair-jobs.js';

const subject = Buffer.alloc(32);

/** So many marks of a chain, at places after this one, so far apart. */
const marks = (chainId: number, count: number, after = 0, apart = 1): ClaimedMark[] =>
  Array.from({ length: count }, (_, at) => {
    const place = after + (at + 1) * apart;
    return { chainId, subject, generation: `${place}`, place };
  });
const byPlace = (...claimed: ClaimedMark[][]) => claimed.flat().sort((one, other) => one.place - other.place);
/** `1: 10 of 7` reads: a job of rank 1 with ten marks of chain 7. */
const described = (jobs: readonly FairJob[]) =>
  jobs
    .map(({ marks, rank }) => {
      const counts = new Map<number, number>();
      for (const { chainId } of marks) counts.set(chainId, (counts.get(chainId) ?? 0) + 1);
      return `${rank}: ${[...counts].map(([chain, count]) => `${count} of ${chain}`).join(', ')}`;
    })
    .sort();

describe('the jobs of claimed marks', () => {
  it('are none of none', () => {
    expect(jobsOf([])).toEqual([]);
  });

  it('rank the first of a chain with the first of one with a flood', () => {
    expect(described(jobsOf(byPlace(marks(7, 25), marks(8, 1))))).toEqual([
      '0: 1 of 8',
      '0: 10 of 7',
      '1: 10 of 7',
      '2: 5 of 7',
    ]);
  });

  it('rank after what is out', () => {
    expect(described(jobsOf(byPlace(marks(7, 12, 600), marks(8, 3, 500))))).toEqual([
      '50: 3 of 8',
      '60: 10 of 7',
      '61: 2 of 7',
    ]);
  });

  it('are full also where the marks of a chain are far apart', () => {
    expect(described(jobsOf(marks(7, 25, 0, 4)))).toEqual(['0: 10 of 7', '4: 10 of 7', '8: 5 of 7']);
  });

  it('are shared by chains with little to do', () => {
    const many = Array.from({ length: 25 }, (_, at) => marks(at + 1, 1));
    expect(jobsOf(byPlace(...many)).map((job) => job.marks.length)).toEqual([10, 10, 5]);
  });

  it('carry each mark once and as it is, none too many', () => {
    const claimed = byPlace(marks(1, 33), marks(2, 9, 4, 7), marks(3, 1), marks(4, 10));
    const jobs = jobsOf(claimed);
    expect(jobs.every((job) => job.marks.length > 0 && job.marks.length <= SUBJECTS_PER_JOB)).toBe(true);
    const carried = jobs.flatMap((job) => job.marks);
    expect(new Set(carried.map(({ chainId, generation }) => `${chainId} ${generation}`)).size).toBe(
      claimed.length,
    );
    expect(carried[0]).toEqual({ chainId: 1, subject, generation: '1' });
  });
});
