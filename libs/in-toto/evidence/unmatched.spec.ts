import { describe, expect, it } from 'vitest';
import { type Contents, createKey, layout, link } from '../../../test/support/supply-chain.js';
import { readLayout } from '../metadata/layout.js';
import { readLink } from '../metadata/link.js';
import { unmatchedArtifacts } from './unmatched.js';

const key = createKey('ed25519', { seed: 'alice' });
const sources = { 'main.c': '1', 'lib.c': '2' };

/** What the materials of a scan leave unmatched, of a checkout with `sources` and a build that changes one of them. */
function unmatched(rules: string[], materials: Contents): readonly string[] {
  const policy = layout()
    .step('checkout', { by: key })
    .step('build', { by: key })
    .step('scan', { by: key, materials: rules });
  const links = new Map([
    ['checkout', readLink(link('checkout', { products: sources }))],
    ['build', readLink(link('build', { products: { ...sources, 'main.c': 'built' } }))],
    ['scan', readLink(link('scan', { materials }))],
  ]);
  return unmatchedArtifacts(readLayout(policy.toPayload()), links).flatMap(({ paths }) => paths);
}

describe('artifacts that come to a MATCH rule', () => {
  const fromCheckout = 'MATCH * WITH PRODUCTS FROM checkout';
  const fromBuild = 'MATCH * WITH PRODUCTS FROM build';

  it('are unmatched where no other step has the same, be they allowed afterwards', () => {
    expect(unmatched([fromCheckout, 'ALLOW *'], sources)).toEqual([]);
    expect(unmatched([fromCheckout, 'ALLOW *'], { ...sources, 'main.c': 'x', new: '3' })).toEqual([
      'main.c',
      'new',
    ]);
  });

  it('are matched by whichever of several rules finds them', () => {
    expect(unmatched([fromCheckout, fromBuild], { 'main.c': 'built', 'lib.c': '2' })).toEqual([]);
    expect(unmatched([fromBuild, fromCheckout], { 'main.c': '1', 'lib.c': '2' })).toEqual([]);
  });

  it('are only those that no rule before has consumed', () => {
    expect(unmatched(['ALLOW *.yaml', fromCheckout], { ...sources, 'rules.yaml': '3' })).toEqual([]);
  });

  it('are unmatched where the other step has no link', () => {
    const links = new Map([['scan', readLink(link('scan', { materials: sources }))]]);
    const policy = layout()
      .step('checkout', { by: key })
      .step('scan', { by: key, materials: [fromCheckout] });
    expect(unmatchedArtifacts(readLayout(policy.toPayload()), links)).toEqual([
      { step: 'scan', side: 'materials', paths: ['main.c', 'lib.c'] },
    ]);
  });
});
