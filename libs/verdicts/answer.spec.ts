import { describe, expect, it } from 'vitest';
import type { CurrentVerdict } from '#persistence/verdicts/current-verdict.js';
import { digestOf, NOW } from '../../test/support/evidence-world.js';
import { type Answer, answerOf } from './answer.js';
import { readyAnswer } from './ready-answer.js';

const subject = digestOf('image');
const layoutId = digestOf('layout');
const expires = '2026-07-01T00:00:00.000Z';
const rules = { settings: 'settings', owners: 'owners' };
const settings = { conflict: 'strict' as const, maxAge: {} };

function verdict(more: Partial<CurrentVerdict> = {}): CurrentVerdict {
  return {
    seq: '1',
    outcome: 'pass',
    layoutId,
    body: {
      findings: [{ code: 'OTHER_BUILD', severity: 'info', message: 'Another build was looked at.' }],
      missing: [],
      evidence: [{ step: 'build', keyid: 'ab', link: 'cd', run: '1' }],
      layout: { id: layoutId.toString('hex'), version: 1, expires },
    },
    evaluatedAt: NOW,
    validUntil: new Date(expires),
    basis: { engine: 2, epoch: '0', ...rules },
    reliesOn: [],
    ...more,
  };
}

const answer = (stored: CurrentVerdict | undefined, activeLayout: Buffer | null = layoutId, at = NOW) =>
  answerOf(
    'acme/web',
    subject,
    { verdict: stored, activeLayout, rules, settings, hasUnseen: false, keys: new Map(), limitsKeys: false },
    at,
  );

describe('the answer about a digest', () => {
  it('is the stored verdict while its layout is in force', () => {
    expect(answer(verdict())).toMatchObject({
      digest: `sha256:${subject.toString('hex')}`,
      chain: 'acme/web',
      verdict: 'pass',
      allowed: true,
      evaluatedAt: NOW.toISOString(),
      validUntil: expires,
      evidence: [{ step: 'build' }],
    });
  });

  it.each(['fail', 'pending'] as const)('allows nothing when the verdict is %s', (outcome) => {
    expect(answer(verdict({ outcome }))).toMatchObject({ verdict: outcome, allowed: false });
  });

  it('is pending when evidence came after a pass, and what it was when it allowed nothing', () => {
    const unseen = (stored: CurrentVerdict) =>
      answerOf(
        'acme/web',
        subject,
        {
          verdict: stored,
          activeLayout: layoutId,
          rules,
          settings,
          hasUnseen: true,
          keys: new Map(),
          limitsKeys: false,
        },
        NOW,
      );
    expect(unseen(verdict())).toMatchObject({
      verdict: 'pending',
      allowed: false,
      findings: [{ code: 'EVIDENCE_NOT_LOOKED_AT' }],
    });
    expect(unseen(verdict({ outcome: 'fail' }))).toMatchObject({ verdict: 'fail', allowed: false });
  });

  it('is pending until the digest was verified', () => {
    expect(answer(undefined)).toMatchObject({
      verdict: 'pending',
      allowed: false,
      evaluatedAt: null,
      findings: [{ code: 'VERIFICATION_QUEUED' }],
      evidence: [],
    });
  });

  it.each([
    ['another layout came into force', layoutId, digestOf('newer layout')],
    ['the layout was taken back', layoutId, null],
    ['a first layout came into force', null, layoutId],
  ])('is pending when %s after the verdict', (_, judgedBy, active) => {
    expect(answer(verdict({ layoutId: judgedBy }), active)).toMatchObject({
      verdict: 'pending',
      allowed: false,
      findings: [{ code: 'LAYOUT_CHANGED' }],
      evidence: [],
      layout: null,
    });
  });

  it('stays what it was for a chain without a layout', () => {
    const stored = verdict({ outcome: 'pending', layoutId: null, validUntil: null });
    expect(answer(stored, null)).toMatchObject({ verdict: 'pending', findings: [{ code: 'OTHER_BUILD' }] });
  });

  it('is fail from the very time at which the layout expires', () => {
    const end = new Date(expires);
    expect(answer(verdict(), layoutId, new Date(end.getTime() - 1)).allowed).toBe(true);
    expect(answer(verdict(), layoutId, end)).toMatchObject({
      verdict: 'fail',
      allowed: false,
      findings: [{ code: 'LAYOUT_EXPIRED', severity: 'error' }, { code: 'OTHER_BUILD' }],
    });
  });

  it('is fail when a link of the evidence has grown too old before that', () => {
    const validUntil = new Date(NOW.getTime() + 1_000);
    expect(answer(verdict({ validUntil }), layoutId, validUntil)).toMatchObject({
      verdict: 'fail',
      allowed: false,
      findings: [{ code: 'LINK_TOO_OLD', severity: 'error' }, { code: 'OTHER_BUILD' }],
    });
  });
});

const etagOf = (given: Answer) => readyAnswer(given, NOW).etag;

describe('the tag of an answer', () => {
  it('stays the same when the same was found again later', () => {
    const later = verdict({ evaluatedAt: new Date(NOW.getTime() + 1_000), seq: '2' });
    expect(etagOf(answer(later))).toBe(etagOf(answer(verdict())));
  });

  it('changes with everything that matters', () => {
    const tags = [
      verdict(),
      verdict({ outcome: 'fail' }),
      verdict({ validUntil: new Date('2026-06-30T00:00:00Z') }),
      verdict({ body: { ...verdict().body, findings: [] } }),
      verdict({ body: { ...verdict().body, evidence: [] } }),
      undefined,
    ].map((stored) => etagOf(answer(stored)));
    expect(new Set(tags).size).toBe(tags.length);
  });

  it('changes when time alone changes the answer', () => {
    const after = new Date('2026-08-01T00:00:00Z');
    expect(etagOf(answer(verdict(), layoutId, after))).not.toBe(etagOf(answer(verdict())));
  });

  it('is a quoted string, as HTTP wants it', () => {
    expect(etagOf(answer(verdict()))).toMatch(/^"[\w-]{43}"$/);
  });
});
