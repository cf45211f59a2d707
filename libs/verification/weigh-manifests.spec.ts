import { describe, expect, it } from 'vitest';
import type { Outcome } from '#persistence/verdicts/verdict-body.js';
import { writeDigest } from '#platform/digest.js';
import { digestOf, EvidenceWorld, NOW, person } from '../../test/support/evidence-world.js';
import { layout } from '../../test/support/supply-chain.js';
import type { Inputs } from './evidence.js';
import { judge } from './judge.js';
import { layOutRun } from './lay-out-run.js';

const bob = person('bob');
const world = new EvidenceWorld(
  layout({ expires: '2026-07-01T00:00:00Z' }).step('build', {
    by: bob,
    products: ['CREATE *.img', 'DISALLOW *'],
  }),
  { conflict: 'strict', maxAge: { build: 3_600 } },
);
const index = world.inputs(digestOf('index'), []);

/** A manifest that was built as the layout says, against it, or not yet. */
function manifest(platform: string, outcome: Outcome, age = 60): Inputs {
  const subject = digestOf(platform);
  if (outcome === 'pending') return world.inputs(subject, []);
  const file = outcome === 'pass' ? `${platform}.img` : `${platform}.exe`;
  const link = world.post('build', bob, { products: { [file]: platform } }, { age });
  return world.inputs(subject, [layOutRun(world.policy, platform, [link])]);
}

const judgeIndex = (...manifests: Inputs[]) => judge({ ...index, manifests }, NOW);

describe('an image index', () => {
  it.each<[Outcome, Outcome[]]>([
    ['pass', ['pass', 'pass']],
    ['pending', ['pass', 'pending']],
    ['fail', ['pass', 'fail']],
    ['fail', ['pending', 'fail', 'pass']],
  ])('is %s when its manifests are %j: a cluster may pull any of them', (outcome, of) => {
    const manifests = of.map((each, position) => manifest(`platform ${position}`, each));
    expect(judgeIndex(...manifests).outcome).toBe(outcome);
  });

  it('says of each finding which manifest it is about, the worst first', () => {
    const { findings } = judgeIndex(manifest('amd64', 'pending'), manifest('arm64', 'fail')).body;
    expect(findings).toMatchObject([
      { code: 'RULE_DISALLOWED', manifest: writeDigest(digestOf('arm64')) },
      { code: 'SUBJECT_NOT_ANCHORED', manifest: writeDigest(digestOf('amd64')) },
    ]);
  });

  it('is worth something as long as all of its manifests are', () => {
    const { validUntil } = judgeIndex(manifest('amd64', 'pass', 60), manifest('arm64', 'pass', 600));
    expect(validUntil).toEqual(new Date(NOW.getTime() + 3_000_000));
  });

  it('rests on the evidence of every manifest and explains each', () => {
    const { body, explanation } = judgeIndex(manifest('amd64', 'pass'), manifest('arm64', 'pass'));
    expect(body.evidence.map(({ run }) => run)).toEqual(['amd64', 'arm64']);
    expect(explanation.manifests).toEqual([
      { digest: writeDigest(digestOf('amd64')), outcome: 'pass' },
      { digest: writeDigest(digestOf('arm64')), outcome: 'pass' },
    ]);
  });

  it('never passes when not all of its manifests were looked at, not even when none was', () => {
    const judgeLimited = (...manifests: Inputs[]) =>
      judge({ ...index, manifests, manifestsLimited: true }, NOW);
    expect(judgeLimited(manifest('amd64', 'pass'))).toMatchObject({
      outcome: 'pending',
      body: { findings: [{ code: 'INDEX_TOO_LARGE' }] },
    });
    expect(judgeLimited().outcome).toBe('pending');
    expect(judgeLimited(manifest('arm64', 'fail')).outcome).toBe('fail');
  });

  it('is not saved by a build of its own when one of its manifests fails', () => {
    const own = world.post('build', bob, { products: { 'index.img': 'index' } });
    const builds = [layOutRun(world.policy, 'own', [own])];
    const inputs = { ...index, builds, manifests: [manifest('amd64', 'fail')] };
    expect(judge(inputs, NOW).outcome).toBe('fail');
  });
});
