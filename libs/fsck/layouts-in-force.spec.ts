import { describe, expect, it } from 'vitest';
import { parseAttestation, parseMetadata } from '#in-toto/index.js';
import { person } from '../../test/support/evidence-world.js';
import { keyFingerprint } from '../../test/support/key-fingerprint.js';
import { layout, link, type SigningKey, signMetablock } from '../../test/support/supply-chain.js';
import { type LayoutInForce, signersAtReceipt, signersByAny } from './layouts-in-force.js';

const [owner, bob, carol] = [person('owner'), person('bob'), person('carol')];
const bobs = [keyFingerprint(bob)];
const minute = (n: number): Date => new Date(Date.UTC(2026, 0, 1, 12, n));

function byThe(functionary: SigningKey, since: Date): LayoutInForce {
  const { payload } = parseMetadata(
    signMetablock(layout().step('build', { by: functionary }).toPayload(), owner),
  );
  if (payload.type !== 'layout') throw new Error('not a layout');
  return { layout: payload, since, owners: [] };
}

describe('a link that bob signed', () => {
  const build = parseAttestation(signMetablock(link('build'), bob));
  const first = [byThe(bob, minute(10))];
  const replaced = [...first, byThe(carol, minute(20))];
  const restored = [byThe(carol, minute(10)), byThe(bob, minute(20))];

  it.each([
    ['before any layout', first, minute(5), { may: true, must: false }],
    ['while bob may sign', first, minute(15), { may: true, must: true }],
    ['just when the layout came', first, minute(10), { may: true, must: false }],
    ['while he might', replaced, minute(15), { may: true, must: true }],
    ['when he may no longer', replaced, minute(25), { may: false, must: false }],
    ['before he may', restored, minute(15), { may: true, must: false }],
  ])('and that came %s', (_, layouts, receivedAt, { may, must }) => {
    expect(signersByAny(layouts, build, receivedAt)).toEqual(may ? bobs : []);
    expect(signersAtReceipt(layouts, build, receivedAt)).toEqual(must ? bobs : []);
  });
});
