import { describe, expect, it } from 'vitest';
import type { ClaimedMark } from '#persistence/subjects/claim-marks.js';
import { type FairJob, jobsOf, SUBJECTS_PER_JOB } from './fair-jobs.js';

const subject = Buffer.alloc(32);

/** So many marks of a chain, of which others are handed out already. */
const marks = (chainId: number, count: number, already = 0): ClaimedMark[] =>
  Array.from({ length: count }, (_, at) => ({
    chainId,
    subject,
    generation: `${already + at + 1}`,
    place: already + at + 1,
  }));
const byPlace = (...claimed: ClaimedMark[][]) => claimed.flat().sort((one, other) => one.place - other.place);
/** `1: 10 of 7` reads: a job of the second round with ten marks of chain 7. */
const described = (jobs: readonly FairJob[]) =>
  jobs.map(({ marks, round }) => {
    const counts = new Map<number, number>();
    for (const { chainId } of marks) counts.set(chainId, (counts.get(chainId) ?? 0) + 1);
    return `${round}: ${[...counts].map(([chain, count]) => `${count} of ${chain}`).join(', ')}`;
  });

describe('the jobs of claimed marks', () => {
  it('are none of none', () => {
    expect(jobsOf([])).toEqual([]);
  });

  it('put the first of a chain before the second of one with a flood', () => {
    expect(described(jobsOf(byPlace(marks(7, 25), marks(8, 1))))).toEqual([
      '0: 10 of 7',
      '0: 1 of 8',
      '1: 10 of 7',
      '2: 5 of 7',
    ]);
  });

  it('come after those of their chain that are handed out', () => {
    expect(described(jobsOf(byPlace(marks(7, 12, 100), marks(8, 3, 9))))).toEqual([
      '0: 1 of 8',
      '1: 2 of 8',
      '10: 10 of 7',
      '11: 2 of 7',
    ]);
  });

  it('are shared by chains with little to do', () => {
    const many = Array.from({ length: 25 }, (_, at) => marks(at + 1, 1));
    expect(jobsOf(byPlace(...many)).map((job) => job.marks.length)).toEqual([10, 10, 5]);
  });

  it('carry each mark once and as it is, none too many', () => {
    const claimed = byPlace(marks(1, 33), marks(2, 9, 4), marks(3, 1), marks(4, 10));
    const jobs = jobsOf(claimed);
    expect(jobs.every((job) => job.marks.length > 0 && job.marks.length <= SUBJECTS_PER_JOB)).toBe(true);
    expect(jobs.flatMap((job) => job.marks)).toHaveLength(claimed.length);
    expect(jobs[0]?.marks[0]).toEqual({ chainId: 1, subject, generation: '1' });
  });
});
