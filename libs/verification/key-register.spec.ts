import { describe, expect, it } from 'vitest';
import type { KeyChangeKind } from '#key-lifecycle/key-record.js';
import {
  digestOf,
  EvidenceWorld,
  NOW,
  person,
  type RegisterStory,
} from '../../test/support/evidence-world.js';
import { layout, type SigningKey } from '../../test/support/supply-chain.js';
import { judge } from './judge.js';
import { layOutRun } from './lay-out-run.js';
import { isAccepted, screenLink } from './screen-link.js';

const [alice, bob, carol] = [person('alice'), person('bob'), person('carol')];
const subject = digestOf('image');
const image = { 'image.tar': 'image' };
const ago = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1_000);

/** Bob and Carol must both build; one of them is enough to tag. */
const newWorld = (grandfather: 'never' | 'byReceipt' = 'never') =>
  new EvidenceWorld(
    layout()
      .step('tag', { by: [alice, bob] })
      .step('build', { by: [bob, carol], threshold: 2 }),
    { conflict: 'strict', maxAge: {}, grandfather },
  );

/** A sound build, received a minute ago, by a register in which these things stand. */
function verdict(world: EvidenceWorld, said: readonly [SigningKey, RegisterStory][] = []) {
  for (const [key, story] of said) world.register(key, story);
  const links = [
    world.post('tag', alice, { products: { 'app.c': 'main' } }),
    world.post('build', bob, { products: image }),
    world.post('build', carol, { products: image }),
  ];
  const judgement = judge(world.inputs(subject, [layOutRun(world.policy, '1', links)]), NOW);
  return { ...judgement, codes: judgement.body.findings.map(({ code }) => code) };
}

describe('a link by a key that the register limits', () => {
  it.each<[string, RegisterStory, string]>([
    ['has lapsed', { notAfter: ago(3_600) }, 'KEY_NOT_VALID_AT_TIME'],
    ['is not valid yet', { notBefore: ago(-3_600) }, 'KEY_NOT_VALID_AT_TIME'],
    ['was retired before', { changes: [{ kind: 'retired', effective: ago(61) }] }, 'KEY_RETIRED'],
    ['is suspended', { changes: [{ kind: 'suspended' }] }, 'KEY_SUSPENDED'],
    ['is compromised', { changes: [{ kind: 'compromised', since: ago(1) }] }, 'KEY_COMPROMISED'],
    ['was mis-issued', { changes: [{ kind: 'misissued' }] }, 'KEY_MISISSUED'],
  ])('does not count when the key %s, and the verdict says what to do', (_, story, code) => {
    const { outcome, body, codes } = verdict(newWorld(), [[alice, story]]);
    expect([outcome, codes]).toEqual(['pending', expect.arrayContaining([code])]);
    expect(body.findings.find((item) => item.code === code)).toMatchObject({
      step: 'tag',
      severity: 'warning',
      message: expect.stringContaining(alice.keyid),
      fix: expect.any(String),
    });
  });

  it.each<[string, KeyChangeKind[]]>([
    ['retired later', [{ kind: 'retired', effective: ago(59) }]],
    ['suspended for a while', [{ kind: 'suspended' }, { kind: 'lifted' }]],
    ['called mis-issued by mistake', [{ kind: 'misissued' }, { kind: 'undone', undoes: '1' }]],
  ])('counts when the key was %s', (_, changes) => {
    expect(verdict(newWorld(), [[alice, { changes }]]).outcome).toBe('pass');
  });

  it('counts by the signature of another, and only under his name', () => {
    const world = newWorld();
    world.register(alice, { changes: [{ kind: 'misissued' }] });
    const screened = screenLink(world.policy, world.post('tag', [alice, bob], {}));
    expect(screened).toMatchObject({
      signers: [{ signsAs: bob.keyid }],
      met: expect.arrayContaining([
        expect.objectContaining({ standing: 'refused' }),
        expect.objectContaining({ standing: 'counted' }),
      ]),
    });
  });

  it('is not judged by the register when its signature is forged', () => {
    const world = newWorld();
    world.register(alice, { changes: [{ kind: 'misissued' }] });
    const mallory = { ...alice, sign: person('mallory').sign };
    const screened = screenLink(world.policy, world.post('tag', mallory, {}));
    expect(screened).toMatchObject({ reason: 'SIGNATURE_INVALID' });
    expect(isAccepted(screened) || screened.met).toBe(undefined);
  });

  it('counts with a warning when it is older than the compromise and the chain lets that stand', () => {
    const since: RegisterStory = { changes: [{ kind: 'compromised', since: ago(1) }] };
    const { outcome, codes } = verdict(newWorld('byReceipt'), [[alice, since]]);
    expect([outcome, codes]).toEqual(['pass', ['GRANDFATHERED']]);
  });
});

describe('a threshold', () => {
  it('is met by two keys of two owners', () => {
    expect(verdict(newWorld(), [[bob, { owner: 'bob' }]]).outcome).toBe('pass');
  });

  it('is not met by two keys of one owner, and says who is missing', () => {
    const one = { owner: 'bob' };
    const { outcome, codes, body } = verdict(newWorld(), [
      [bob, one],
      [carol, one],
    ]);
    expect([outcome, codes]).toEqual(['pending', ['OWNERS_BELOW_THRESHOLD']]);
    expect(body.missing).toEqual([
      { step: 'build', threshold: 2, have: 1, authorizedKeyids: [bob.keyid, carol.keyid] },
    ]);
  });
});

describe('the layout', () => {
  it('is not signed by an owner whose key does not count', () => {
    const world = newWorld();
    const { outcome, codes } = verdict(world, [[world.owner, { changes: [{ kind: 'suspended' }] }]]);
    expect([outcome, codes]).toEqual(['fail', ['LAYOUT_NOT_SIGNED_BY_OWNERS', 'KEY_SUSPENDED']]);
  });
});

describe('what a verdict relies on', () => {
  it('is every valid signature that it met, with how it stood', () => {
    const world = newWorld();
    const { reliesOn } = verdict(world, [[alice, { changes: [{ kind: 'misissued' }] }]]);
    expect(reliesOn.map(({ role, standing }) => `${role} ${standing}`).sort()).toEqual([
      'functionary counted',
      'functionary counted',
      'functionary refused',
      'owner counted',
    ]);
  });
});
