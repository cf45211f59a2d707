import { describe, expect, it } from 'vitest';
import { boundFindings } from './bounded-findings.js';
import { jsonBytes } from './bounded-text.js';
import { boundBody, boundExplanation } from './bounded-verdict.js';
import type { BuildExplanation } from './explanation.js';
import type { FindingBody, VerdictBody } from './verdict-body.js';

const KIB = 1024;
const many = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));
const keyid = (at: number): string => `${at}-`.padEnd(256, 'k');
const forged = (at: number): FindingBody => ({
  code: 'LINK_FORGED',
  severity: 'warning',
  message: `in the name of ${many(33_000, keyid).join(', ')}`,
  link: String(at),
  found: many(33_000, keyid),
});
const error: FindingBody = {
  code: 'THRESHOLD_NOT_MET',
  severity: 'error',
  message: 'one is missing',
  fix: 'add it',
};
const body = (parts: Partial<VerdictBody>): VerdictBody => ({
  findings: [],
  missing: [],
  evidence: [],
  layout: { id: 'ab'.repeat(32), version: 1, expires: '2099-12-31T23:59:59.000Z' },
  ...parts,
});

describe('the body of a verdict', () => {
  it('that is not long stays as it is', () => {
    const short = body({
      findings: [error],
      evidence: [{ step: 'build', keyid: 'a', link: 'b', run: null }],
    });
    expect(boundBody(short)).toEqual(short);
  });

  it('stays within 64 KiB whatever the key ids of forged links are, and keeps the error behind them', () => {
    const forgeries = many(3, forged);
    const bounded = boundBody(body({ findings: [...many(100, () => forgeries).flat(), error] }));
    expect(jsonBytes(bounded)).toBeLessThan(64 * KIB);
    expect(bounded?.findings).toContainEqual(error);
    expect(bounded?.findings[0]).toMatchObject({ omitted: { found: 33_000 - 16 } });
    const [more] = bounded?.findings.slice(-1) ?? [];
    expect(more).toMatchObject({ code: 'MORE_FINDINGS', count: 301 - (bounded?.findings.length ?? 0) + 1 });
  });

  it('stays within it where every character is written as six', () => {
    const findings = many(100, () => ({
      ...error,
      message: '\u0001'.repeat(9_000),
      found: many(99, () => '\u0001'.repeat(999)),
    }));
    expect(jsonBytes(boundBody(body({ findings })))).toBeLessThan(64 * KIB);
  });

  it('is the same when it is bounded again', () => {
    const once = boundBody(
      body({ findings: many(300, (at) => ({ ...error, message: String(at).repeat(500) })) }),
    );
    expect(boundBody(once ?? body({}))).toEqual(once);
  });

  it('counts what was left out before with what is left out now', () => {
    const findings = many(50, (at) => ({ ...error, message: `${at}` }));
    const before = boundFindings(findings, 3_000);
    const after = boundFindings(before, 1_500);
    expect(after.at(-1)).toMatchObject({ code: 'MORE_FINDINGS', count: 50 - (after.length - 1) });
  });

  it('leaves evidence out, and says how much', () => {
    const evidence = many(1_000, (at) => ({
      step: `step ${at}`,
      keyid: 'ab'.repeat(32),
      link: 'cd'.repeat(32),
      run: '1',
    }));
    const bounded = boundBody(body({ findings: [error], evidence }));
    expect(jsonBytes(bounded)).toBeLessThan(64 * KIB);
    expect(bounded?.findings).toEqual([error]);
    expect(bounded?.omitted).toEqual({ evidence: 1_000 - (bounded?.evidence.length ?? 0) });
  });

  it('never leaves out what is missing: where that does not fit, there is none', () => {
    const missing = (keys: number) => [
      { step: 'build', threshold: 1, have: 0, authorizedKeyids: many(keys, keyid) },
    ];
    expect(boundBody(body({ missing: missing(100) }))?.missing).toEqual(missing(100));
    expect(boundBody(body({ missing: missing(200) }))).toBeUndefined();
  });
});

describe('an explanation', () => {
  const build = (run: string, rejected: number): BuildExplanation => ({
    run,
    outcome: 'pending',
    sets: 1,
    chosen: [{ id: '1'.repeat(64), step: 'build', keyids: ['a'], receivedAt: '' }],
    rejected: many(rejected, (at) => ({
      id: String(at).repeat(9),
      step: 'scan',
      keyids: many(1_000, keyid),
      reason: 'SIGNATURE_INVALID',
    })),
    anchors: [],
    ties: [],
    missingTies: [],
  });

  it('stays within 256 KiB, keeps what was chosen, and says what is left out of each build', () => {
    const whole = { steps: ['build'], builds: many(20, (at) => build(String(at), 50)), manifests: [] };
    const bounded = boundExplanation(whole);
    expect(jsonBytes(bounded)).toBeLessThan(256 * KIB);
    expect(bounded.builds).toHaveLength(20);
    for (const { chosen, rejected, omitted } of bounded.builds) {
      expect(chosen).toHaveLength(1);
      expect(rejected[0]).toMatchObject({ omittedKeyids: 1_000 - 16 });
      expect(omitted).toEqual({ rejected: 50 - rejected.length });
    }
  });

  it('that is not long stays as it is', () => {
    const short = { steps: ['build'], builds: [build('1', 0)], manifests: [] };
    expect(boundExplanation(short)).toEqual(short);
  });
});
