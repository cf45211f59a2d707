import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePublicKey } from '#in-toto/index.js';
import { digestOf, EvidenceWorld, NOW, person } from '../../test/support/evidence-world.js';
import { layout } from '../../test/support/supply-chain.js';
import type { Build, Inputs } from './evidence.js';
import { TooMuchEvidence } from './evidence-budget.js';
import { judge } from './judge.js';
import { layOutRun } from './lay-out-run.js';

const [alice, bob] = [person('alice'), person('bob')];
const src = { 'src/a.c': 'a' };
const image = { 'image.tar': 'image' };
const subject = digestOf('image');

function newWorld(expires = '2099-12-31T23:59:59Z', maxAge: Record<string, number> = {}): EvidenceWorld {
  return new EvidenceWorld(
    layout({ expires })
      .step('tag', { by: alice, products: ['CREATE src/*', 'DISALLOW *'] })
      .step('build', {
        by: bob,
        materials: ['MATCH src/* WITH PRODUCTS FROM tag', 'DISALLOW *'],
        products: ['CREATE image.tar', 'DISALLOW *'],
      }),
    { conflict: 'strict', maxAge },
  );
}

function soundRun(world: EvidenceWorld): Build {
  const links = [
    world.post('tag', alice, { products: src }, { age: 100 }),
    world.post('build', bob, { materials: src, products: image }, { age: 50 }),
  ];
  return layOutRun(world.policy, '1', links);
}

const codes = (inputs: Inputs, at = NOW) => judge(inputs, at).body.findings.map(({ code }) => code);

describe('a verdict', () => {
  it('is pass when a build satisfies the layout and made the image, and names its evidence', () => {
    const world = newWorld();
    const { outcome, body } = judge(world.inputs(subject, [soundRun(world)]), NOW);
    const [tag, build] = world.received;
    expect(outcome).toBe('pass');
    expect(body).toMatchObject({
      findings: [],
      missing: [],
      evidence: [
        { step: 'tag', keyid: alice.keyid, link: tag?.id, run: '1' },
        { step: 'build', keyid: bob.keyid, link: build?.id, run: '1' },
      ],
      layout: { version: 1, expires: '2099-12-31T23:59:59.000Z' },
    });
  });

  it('is not looked for further than its rules may compare', () => {
    const world = newWorld();
    const inputs = world.inputs(subject, [soundRun(world)]);
    expect(() => judge(inputs, NOW, 3)).toThrow(TooMuchEvidence);
    expect(judge(inputs, NOW, 1_000)).toEqual(judge(inputs, NOW));
  });

  it('is pending while a link is missing, and says which', () => {
    const world = newWorld();
    const run = layOutRun(world.policy, '1', [world.post('build', bob, { materials: src, products: image })]);
    const { outcome, body } = judge(world.inputs(subject, [run]), NOW);
    expect(outcome).toBe('pending');
    expect(body.missing).toEqual([{ step: 'tag', threshold: 1, have: 0, authorizedKeyids: [alice.keyid] }]);
  });

  it('is fail when the evidence contradicts the layout', () => {
    const world = newWorld();
    const links = [
      world.post('tag', alice, { products: src }),
      world.post('build', bob, { materials: { 'src/a.c': 'evil' }, products: image }),
    ];
    const { outcome, body } = judge(world.inputs(subject, [layOutRun(world.policy, '1', links)]), NOW);
    expect(outcome).toBe('fail');
    expect(body.findings).toMatchObject([{ code: 'RULE_DISALLOWED', step: 'build', run: '1' }]);
  });

  it('is pending without a layout, without a build, and with a build of nothing that counts', () => {
    const world = newWorld();
    const inputs = world.inputs(subject, [soundRun(world)]);
    expect(judge({ ...inputs, layout: undefined }, NOW)).toMatchObject({
      outcome: 'pending',
      validUntil: null,
      body: { findings: [{ code: 'LAYOUT_MISSING' }], layout: null },
    });
    expect(judge({ ...inputs, builds: [] }, NOW)).toMatchObject({
      outcome: 'pending',
      body: { findings: [{ code: 'SUBJECT_NOT_ANCHORED' }] },
    });
    expect(judge({ ...inputs, builds: [layOutRun(world.policy, '1', [])] }, NOW).outcome).toBe('pending');
  });

  it('is fail when the layout is not signed by those who own the chain now', () => {
    const world = newWorld();
    const inputs = world.inputs(subject, [soundRun(world)]);
    const newOwner = { keys: [parsePublicKey(alice.publicKey)], threshold: 1 };
    expect(judge({ ...inputs, owners: newOwner }, NOW).outcome).toBe('fail');
    expect(codes({ ...inputs, owners: newOwner })).toEqual(['LAYOUT_NOT_SIGNED_BY_OWNERS']);
    expect(codes({ ...inputs, owners: { ...inputs.owners, threshold: 2 } })).toEqual([
      'LAYOUT_NOT_SIGNED_BY_OWNERS',
    ]);
  });

  it('is the same whatever owners there are beside those who signed', () => {
    const world = newWorld();
    const inputs = world.inputs(subject, [soundRun(world)]);
    const keys = [parsePublicKey(alice.publicKey), ...inputs.owners.keys];
    expect(judge({ ...inputs, owners: { keys, threshold: 1 } }, NOW).outcome).toBe('pass');
  });

  it('is the same from the same inputs, in whatever order the links of a run were read', () => {
    const world = newWorld();
    soundRun(world);
    world.post('build', bob, { materials: src, products: image }, { attempt: 2 });
    world.post('build', alice, { products: image });
    const expected = judge(world.inputs(subject, [layOutRun(world.policy, '1', world.received)]), NOW);
    fc.assert(
      fc.property(fc.shuffledSubarray(world.received, { minLength: world.received.length }), (links) => {
        const judgement = judge(world.inputs(subject, [layOutRun(world.policy, '1', links)]), NOW);
        expect(judgement.outcome).toBe(expected.outcome);
        expect(judgement.body.evidence).toEqual(expected.body.evidence);
      }),
      { numRuns: 15 },
    );
    expect(judge(world.inputs(subject, [layOutRun(world.policy, '1', world.received)]), NOW)).toEqual(
      expected,
    );
  });
});

describe('the end of a verdict', () => {
  it('is the expiry of the layout', () => {
    const world = newWorld('2026-07-01T00:00:00Z');
    const { validUntil } = judge(world.inputs(subject, [soundRun(world)]), NOW);
    expect(validUntil).toEqual(new Date('2026-07-01T00:00:00Z'));
  });

  it('is when the first of its links grows too old, if that is sooner', () => {
    const world = newWorld('2026-07-01T00:00:00Z', { tag: 160, build: 3_600 });
    const { validUntil } = judge(world.inputs(subject, [soundRun(world)]), NOW);
    expect(validUntil).toEqual(new Date(NOW.getTime() + 60_000));
  });

  it('is not moved by the age of a link that the verdict does not rest on', () => {
    const world = newWorld('2026-07-01T00:00:00Z', { deploy: 61 });
    const { validUntil } = judge(world.inputs(subject, [soundRun(world)]), NOW);
    expect(validUntil).toEqual(new Date('2026-07-01T00:00:00Z'));
  });

  it('has come when the layout has expired: nothing passes by it', () => {
    const world = newWorld('2026-05-01T00:00:00Z');
    const inputs = world.inputs(subject, [soundRun(world)]);
    expect(judge(inputs, NOW).outcome).toBe('fail');
    expect(codes(inputs)).toContain('LAYOUT_EXPIRED');
  });
});
