import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#in-toto/index.js';
import { EvidenceWorld, person } from '../../test/support/evidence-world.js';
import { layout } from '../../test/support/supply-chain.js';
import { chainNamedBy } from './named-chain.js';

const bob = person('bob');
const world = new EvidenceWorld(layout().step('build', { by: bob }));

function chainIn(environment: JsonObject): string | undefined {
  const { payload } = world.post('build', bob, { environment }).metadata;
  return payload.type === 'link' ? chainNamedBy(payload) : undefined;
}

describe('the chain that a link names', () => {
  it('stands in its environment', () => {
    expect(chainIn({ CUSTODY_CHAIN: 'acme/web' })).toBe('acme/web');
  });

  it('stands among recorded variables, as a list or as members', () => {
    expect(chainIn({ variables: ['PATH=/bin', 'CUSTODY_CHAIN=acme/web=1'] })).toBe('acme/web=1');
    expect(chainIn({ variables: { CUSTODY_CHAIN: 'acme/web' } })).toBe('acme/web');
  });

  it('is none when nothing says so', () => {
    expect(chainIn({})).toBeUndefined();
    expect(chainIn({ variables: ['MY_CUSTODY_CHAIN=acme/web', 7, null] })).toBeUndefined();
    expect(chainIn({ workdir: '/src', filesystem: {} })).toBeUndefined();
  });

  it('is none when it is no text', () => {
    expect(chainIn({ CUSTODY_CHAIN: 7 })).toBeUndefined();
    expect(chainIn({ variables: { CUSTODY_CHAIN: ['acme/web'] } })).toBeUndefined();
  });

  it('is a chain of its own when it is empty, so that an unset variable matches no chain', () => {
    expect(chainIn({ CUSTODY_CHAIN: '' })).toBe('');
  });
});
