import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '#persistence/verdicts/verdict-body.js';
import type { BuildJudgement } from './judge-build.js';
import { weighBuilds } from './weigh-builds.js';

/** The builds of a digest, newest first. */
function builds(...outcomes: Outcome[]): BuildJudgement[] {
  return outcomes.map((outcome, position) => ({
    run: `${position}`,
    outcome,
    findings: [],
    missing: [],
    evidence: [],
    limited: false,
    arrivals: new Map(),
    validUntil: undefined,
    explanation: {
      run: `${position}`,
      outcome,
      sets: 1,
      chosen: [],
      rejected: [],
      anchors: [],
      ties: [],
      missingTies: [],
    },
  }));
}

const cases: [Outcome[], Outcome, Outcome][] = [
  // newest first, under strict, under any
  [['pass'], 'pass', 'pass'],
  [['fail'], 'fail', 'fail'],
  [['pending'], 'pending', 'pending'],
  [['fail', 'pass'], 'fail', 'pass'],
  [['pass', 'fail'], 'pass', 'pass'],
  [['pending', 'pass'], 'pass', 'pass'],
  [['pending', 'fail', 'pass'], 'fail', 'pass'],
  [['pending', 'pending', 'fail'], 'fail', 'fail'],
];

describe('several builds of one digest', () => {
  it.each(cases)('that came to %j are worth %s under strict', (outcomes, strict) => {
    expect(weighBuilds(builds(...outcomes), 'strict').outcome).toBe(strict);
  });

  it.each(cases)('that came to %j are worth, under any, the last: %s, %s', (outcomes, _, any) => {
    expect(weighBuilds(builds(...outcomes), 'any').outcome).toBe(any);
  });

  it('name the others, with a warning where one comes to the opposite', () => {
    const { findings } = weighBuilds(builds('fail', 'pass', 'pending', 'fail'), 'strict');
    expect(findings).toMatchObject([
      { code: 'BUILDS_DISAGREE', severity: 'warning', run: '1', outcome: 'pass' },
      { code: 'OTHER_BUILD', severity: 'info', run: '2', outcome: 'pending' },
      { code: 'OTHER_BUILD', severity: 'info', run: '3', outcome: 'fail' },
    ]);
  });

  it('never pass unless one of them does, and under strict never against the newest that decides', () => {
    const outcome = fc.constantFrom<Outcome>('pass', 'fail', 'pending');
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 1, maxLength: 6 }), (outcomes) => {
        const any = weighBuilds(builds(...outcomes), 'any').outcome;
        const strict = weighBuilds(builds(...outcomes), 'strict').outcome;
        expect(any === 'pass').toBe(outcomes.includes('pass'));
        expect(strict).toBe(outcomes.find((each) => each !== 'pending') ?? 'pending');
      }),
    );
  });
});
