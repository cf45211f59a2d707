import { describe, expect, it } from 'vitest';
import { killsOf, scheduleOf } from './havoc.js';
import { pipelineOf } from './pipelines.js';

const first = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

describe('chaos', () => {
  it('is the same again with the same seed', () => {
    expect(scheduleOf(7, 300_000)).toEqual(scheduleOf(7, 300_000));
    expect(scheduleOf(7, 300_000)).not.toEqual(scheduleOf(8, 300_000));
    expect(first(20, (n) => pipelineOf(7, n))).toEqual(first(20, (n) => pipelineOf(7, n)));
    expect(pipelineOf(7, 0).digest).not.toBe(pipelineOf(8, 0).digest);
  });

  it('hits every member in every way, and lets it rest in between', () => {
    const acts = scheduleOf(7, 3_600_000);
    expect(new Set(acts.map(({ member, deed }) => `${member} ${deed}`)).size).toBe(26);
    expect(killsOf(acts)).toBeGreaterThan(300);
    for (const act of acts) {
      const next = acts.find(({ at, member }) => member === act.member && at > act.at);
      expect(next?.at ?? Number.POSITIVE_INFINITY).toBeGreaterThan(act.at + act.lasts);
    }
  });

  it('has pipelines of every kind, sent in every way', () => {
    const pipelines = first(300, (n) => pipelineOf(7, n));
    expect(new Set(pipelines.map(({ expected }) => expected))).toEqual(new Set(['pass', 'fail', 'pending']));
    const ways = pipelines.map(({ jobs: [job], circumstances: { run, subject }, twice }) =>
      [
        job?.asBatch ? 'batch' : 'single',
        run ? 'run' : 'loose',
        subject ? 'declared' : 'asked',
        twice,
      ].join(),
    );
    expect(new Set(ways).size).toBe(12);
  });
});
