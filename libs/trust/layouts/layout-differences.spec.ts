import { describe, expect, it } from 'vitest';
import { type Layout, parseMetadata } from '#in-toto/index.js';
import { fingerprintOf } from '#in-toto/keys/fingerprint.js';
import { parsePublicKey } from '#in-toto/keys/public-key.js';
import {
  createKey,
  type LayoutBuilder,
  layout,
  type StepStory,
  signMetablock,
} from '../../../test/support/supply-chain.js';
import { layoutDifferences } from './layout-differences.js';

const [alice, bob, owner] = ['alice', 'bob', 'owner'].map((seed) => createKey('ed25519', { seed })) as [
  ReturnType<typeof createKey>,
  ReturnType<typeof createKey>,
  ReturnType<typeof createKey>,
];

const read = (builder: LayoutBuilder): Layout => {
  const { payload } = parseMetadata(signMetablock(builder.toPayload(), owner));
  if (payload.type !== 'layout') throw new Error('not a layout');
  return payload;
};

const build: StepStory = { by: alice, command: 'make', products: ['CREATE app', 'DISALLOW *'] };
const before = layout({ expires: '2030-01-01T00:00:00Z' }).step('build', build).step('scan', { by: bob });

const bobsFingerprint = fingerprintOf(parsePublicKey(bob.publicKey));
const told = (after: LayoutBuilder, from = before) =>
  layoutDifferences(read(from), read(after), (fingerprint) =>
    fingerprint === bobsFingerprint ? 'bob' : undefined,
  ).map(({ code, step, message }) => `${code} ${step}: ${message}`);
const alike = () => layout({ expires: '2030-01-01T00:00:00Z' });
const someone = `The holder of key ${alice.keyid.slice(0, 8)}`;
const bobsName = `bob (key ${bob.keyid.slice(0, 8)})`;

describe('what changes from one layout to the next', () => {
  it('is nothing when they say the same', () => {
    expect(told(alike().step('build', build).step('scan', { by: bob }))).toEqual([]);
  });

  it('are steps that come and go', () => {
    expect(
      told(
        alike()
          .step('build', build)
          .step('sign', { by: [alice, bob], threshold: 2 }),
      ),
    ).toEqual([
      `STEP_ADDED sign: Step sign is new: 2 of these sign it: ${someone}, ${bobsName}.`,
      'STEP_REMOVED scan: Step scan is asked for no more.',
    ]);
  });

  it('is their order', () => {
    expect(told(alike().step('scan', { by: bob }).step('build', build))).toEqual([
      'STEPS_REORDERED null: The steps come as scan, build, not build, scan.',
    ]);
  });

  it('are those who may sign a step, and how many of them must', () => {
    const after = alike()
      .step('build', { ...build, by: [alice, bob], threshold: 2 })
      .step('scan', { by: alice });
    expect(told(after)).toEqual([
      `FUNCTIONARY_ADDED build: ${bobsName} may now sign step build.`,
      'THRESHOLD_CHANGED build: Step build needs 2 of its functionaries, not 1.',
      `FUNCTIONARY_ADDED scan: ${someone} may now sign step scan.`,
      `FUNCTIONARY_REMOVED scan: ${bobsName} may no longer sign step scan.`,
    ]);
  });

  it('is not the id under which a key is named', () => {
    const renamed = createKey('ed25519', { seed: 'bob', style: '1.x' });
    expect(told(alike().step('build', build).step('scan', { by: renamed }))).toEqual([]);
  });

  it('are the rules, and the order in which they are applied', () => {
    const products = ['CREATE app', 'ALLOW *'];
    expect(
      told(
        alike()
          .step('build', { ...build, products })
          .step('scan', { by: bob }),
      ),
    ).toEqual([
      'RULES_CHANGED build: The rules for the products of build are now without "DISALLOW *" and with "ALLOW *".',
    ]);
    const turned = { ...build, products: ['DISALLOW *', 'CREATE app'] };
    expect(told(alike().step('build', turned).step('scan', { by: bob }))).toEqual([
      'RULES_CHANGED build: The rules for the products of build come in another order, in which they are applied.',
    ]);
  });

  it('are commands, inspections, the expiry and the readme', () => {
    const after = layout({ expires: '2031-01-01T00:00:00Z', readme: 'new' })
      .step('build', { ...build, command: 'make all' })
      .step('scan', { by: bob })
      .inspect('untar', { run: 'tar xf app.tgz' });
    expect(told(after)).toEqual([
      'COMMAND_CHANGED build: Step build is expected to run "make all", not "make".',
      'INSPECTION_ADDED untar: Inspection untar is new: "tar xf app.tgz".',
      'EXPIRY_CHANGED null: The layout expires at 2031-01-01T00:00:00.000Z, not at 2030-01-01T00:00:00.000Z.',
      'README_CHANGED null: The readme is another.',
    ]);
    expect(told(before, after).slice(1, 2)).toEqual([
      'INSPECTION_REMOVED untar: Inspection untar is asked for no more.',
    ]);
  });
});
