import { describe, expect, it } from 'vitest';
import type { ClaimedItem } from '#persistence/replays/claim-items.js';
import type { NewVerdict } from '#persistence/verdicts/store-verdict.js';
import type { FindingBody, Outcome } from '#persistence/verdicts/verdict-body.js';
import { compareVerdicts } from './compare-verdicts.js';

const subject = Buffer.alloc(32, 1);
const inputs = (name: string): Buffer => Buffer.alloc(32, name);
const finding = (code: string, severity: FindingBody['severity'] = 'error'): FindingBody => ({
  code,
  severity,
  message: `what ${code} means`,
});
const body = (...findings: FindingBody[]) => ({ findings, missing: [], evidence: [], layout: null });

const grounds = { layoutId: null, basis: { engine: 2, epoch: '1', settings: '', owners: '' }, reliesOn: [] };

const before = (outcome: Outcome, from: string, ...findings: FindingBody[]): ClaimedItem => ({
  subject,
  attempts: 1,
  before: { ...grounds, outcome, inputsDigest: inputs(from), body: body(...findings) },
});
const after = (outcome: Outcome, from: string, ...findings: FindingBody[]): NewVerdict => ({
  ...grounds,
  outcome,
  inputsDigest: inputs(from),
  body: body(...findings),
  evaluatedAt: new Date(),
  validUntil: null,
  explanation: { steps: [], builds: [], manifests: [] },
  watch: [],
});

describe('a verdict found again', () => {
  it('is unchanged when it follows from the same inputs', () => {
    expect(compareVerdicts(before('pass', 'a'), after('pass', 'a'))).toEqual({
      subject,
      result: 'unchanged',
    });
  });

  it('is changed, and no flip, when other inputs lead to the same outcome', () => {
    const result = compareVerdicts(before('fail', 'a', finding('X')), after('fail', 'b', finding('Y')));
    expect(result).toMatchObject({ result: 'changed', flipRank: null, findings: [] });
  });

  it('flips for what came and what went, errors first', () => {
    const result = compareVerdicts(
      before('pass', 'a', finding('GONE', 'info'), finding('STAYS', 'info')),
      after('fail', 'b', finding('STAYS', 'info'), finding('NOTED', 'warning'), finding('WRONG')),
    );
    expect(result).toMatchObject({
      flipRank: 0,
      cause: ['evidence'],
      findings: [{ code: 'WRONG' }, { code: 'NOTED' }, { code: 'GONE', gone: true }],
    });
  });

  it('ranks what would be allowed no more before everything else', () => {
    const rank = (from: Outcome, to: Outcome) => {
      const settled = compareVerdicts(before(from, 'a'), after(to, 'b'));
      return settled.result === 'changed' ? settled.flipRank : undefined;
    };
    const ranks = [
      rank('pass', 'fail'),
      rank('pass', 'pending'),
      rank('fail', 'pass'),
      rank('pending', 'pass'),
      rank('pending', 'fail'),
      rank('fail', 'pending'),
    ];
    expect(ranks).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
