import { describe, expect, it } from 'vitest';
import { EvidenceWorld, person } from '../../test/support/evidence-world.js';
import { createKey, layout, link, signDsse, signMetablock } from '../../test/support/supply-chain.js';
import { isAccepted, screenLink } from './screen-link.js';

const [alice, bob, carol] = [person('alice'), person('bob'), person('carol')];

const world = new EvidenceWorld(
  layout()
    .step('tag', { by: alice })
    .step('build', { by: [bob, carol] })
    .inspect('scan', { run: 'scan image' }),
  { conflict: 'strict', maxAge: { build: 3_600 } },
);
const image = { products: { 'image.tar': 'image' } };

describe('a link that is screened', () => {
  it('counts for the step that it names, under the key that signed it', () => {
    const posted = world.post('build', bob, image);
    expect(screenLink(world.policy, posted)).toMatchObject({
      link: posted,
      step: 'build',
      signers: [{ listedAs: bob.keyid }],
    });
  });

  it('counts for each functionary who signed the same file', () => {
    const both = screenLink(world.policy, world.post('build', [bob, carol], image));
    expect(both).toMatchObject({ signers: [{ listedAs: bob.keyid }, { listedAs: carol.keyid }] });
  });

  it('counts in a DSSE envelope too', () => {
    const posted = world.postFile(signDsse(link('build', image), bob));
    expect(screenLink(world.policy, posted)).toMatchObject({ signers: [{ listedAs: bob.keyid }] });
  });

  it('does not count under a name that is no step', () => {
    expect(screenLink(world.policy, world.post('deploy', bob, image))).toMatchObject({
      reason: 'NOT_A_STEP',
      step: 'deploy',
    });
  });

  it.each(['__proto__', 'constructor', 'toString'])('does not count under the name %s', (name) => {
    expect(screenLink(world.policy, world.post(name, bob, image))).toMatchObject({ reason: 'NOT_A_STEP' });
  });

  it('does not count by a functionary of another step, and names those who may sign', () => {
    expect(screenLink(world.policy, world.post('build', alice, image))).toMatchObject({
      reason: 'KEY_NOT_AUTHORISED',
      keyids: [alice.keyid],
      expected: [bob.keyid, carol.keyid],
    });
  });

  it('does not count with a signature made in the name of a functionary by somebody else', () => {
    const mallory = { ...bob, sign: createKey('ed25519', { seed: 'mallory' }).sign };
    expect(screenLink(world.policy, world.post('build', mallory, image))).toMatchObject({
      reason: 'SIGNATURE_INVALID',
      keyids: [bob.keyid],
    });
  });

  it.each([
    [1, true],
    [2, false],
    [4_000, false],
  ])('with %i forged signatures before the true one counts: %s', (forgeries, counts) => {
    const mallory = { ...bob, sign: () => Buffer.alloc(64) };
    const signers = [...Array.from({ length: forgeries }, () => mallory), bob];
    const posted = world.postFile(signDsse(link('build', { command: `${forgeries}` }), signers));
    const result = screenLink(world.policy, posted);
    expect(isAccepted(result)).toBe(counts);
    expect(JSON.stringify(result.met ?? result).length).toBeLessThan(4_096);
  });

  it('does not count once a word of it was changed after it was signed', () => {
    const changed = signMetablock(link('build', { command: 'make' }), bob)
      .toString()
      .replace('make', 'fake');
    expect(screenLink(world.policy, world.postFile(Buffer.from(changed)))).toMatchObject({
      reason: 'SIGNATURE_INVALID',
    });
  });

  it('counts by the true functionary, whoever else put a forged signature beside it', () => {
    const mallory = { ...carol, sign: createKey('ed25519', { seed: 'mallory' }).sign };
    const screened = screenLink(world.policy, world.post('build', [mallory, bob], image));
    expect(screened).toMatchObject({ signers: [{ listedAs: bob.keyid }] });
  });

  it('does not count when it says that it was recorded for another chain', () => {
    const environment = { CUSTODY_CHAIN: 'acme/shop' };
    expect(screenLink(world.policy, world.post('build', bob, { ...image, environment }))).toMatchObject({
      reason: 'OTHER_CHAIN',
      expected: ['acme/web'],
      found: ['acme/shop'],
    });
  });

  it('counts when it names this chain', () => {
    const environment = { CUSTODY_CHAIN: 'acme/web' };
    expect(isAccepted(screenLink(world.policy, world.post('build', bob, { ...image, environment })))).toBe(
      true,
    );
  });

  it('counts to the very end of its age, by the clock of the service', () => {
    const last = world.post('build', bob, { ...image, command: 'make' }, { age: 3_600 });
    const late = world.post('build', bob, { ...image, command: 'make all' }, { age: 3_600.001 });
    expect(isAccepted(screenLink(world.policy, last))).toBe(true);
    expect(screenLink(world.policy, late)).toMatchObject({
      reason: 'TOO_OLD',
      expected: ['3600'],
      found: ['3601'],
    });
  });

  it('never grows old where the chain sets no age for the step', () => {
    const ancient = world.post('tag', alice, {}, { age: 10 ** 9 });
    expect(isAccepted(screenLink(world.policy, ancient))).toBe(true);
  });

  it('is an inspection when an owner signed it, and not when a functionary did', () => {
    expect(isAccepted(screenLink(world.policy, world.post('scan', world.owner, {})))).toBe(true);
    expect(screenLink(world.policy, world.post('scan', bob, {}))).toMatchObject({
      reason: 'KEY_NOT_AUTHORISED',
    });
  });
});
