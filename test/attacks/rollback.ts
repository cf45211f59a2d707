import { createKey, signMetablock } from '../support/supply-chain.js';
import { alice, carol, dave, mallory, owner, policy, signedPolicy } from './pipeline.js';
import { reformatted } from './reformat.js';
import type { Scenario } from './scenario.js';
import type { World } from './world.js';

/** Carol is replaced by Dave as the scanner: layout 2 does not know her any more. */
const withoutCarol = (): Buffer =>
  signMetablock(JSON.parse(JSON.stringify(policy().toPayload()).replaceAll(...carolToDave())), owner);

function carolToDave(): [string, string] {
  return [JSON.stringify(carol.publicKey), JSON.stringify(dave.publicKey)];
}

/** The key object and the id in `pubkeys` alike. */
function daveForCarol(): Buffer {
  const text = withoutCarol().toString();
  const { signed } = JSON.parse(text.replaceAll(carol.keyid, dave.keyid));
  return signMetablock(signed, owner);
}

async function rotated(world: World): Promise<Buffer> {
  await world.found();
  const first = signedPolicy();
  await world.putInForce(daveForCarol());
  return first;
}

export const rollback: readonly Scenario[] = [
  {
    name: 'a layout that was replaced, posted again',
    story: async (world) => world.putInForce(await rotated(world)),
    expect: 'refused',
    finding: 'LAYOUT_SUPERSEDED',
  },
  {
    name: 'a layout that was replaced, written anew byte by byte',
    story: async (world) => world.putInForce(reformatted(await rotated(world))),
    expect: 'refused',
    finding: 'LAYOUT_SUPERSEDED',
  },
  {
    name: 'a build by a functionary whom the new layout does not know',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      await world.expectPass(build.digest);
      await world.putInForce(daveForCarol());
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_KEY_NOT_AUTHORIZED',
  },
  {
    name: 'a layout signed by nobody who owns the chain',
    story: async (world) => {
      await world.found();
      return world.putInForce(signMetablock(policy({ readme: 'mine' }).toPayload(), mallory));
    },
    expect: 'refused',
    finding: 'LAYOUT_NOT_SIGNED_BY_OWNERS',
  },
  {
    name: "a layout signed in an owner's name",
    story: async (world) => {
      await world.found();
      const forged = { ...mallory, keyid: owner.keyid };
      return world.putInForce(signMetablock(policy({ readme: 'mine' }).toPayload(), forged));
    },
    expect: 'refused',
    finding: 'LAYOUT_NOT_SIGNED_BY_OWNERS',
  },
  {
    name: 'a layout signed by one of two owners, twice',
    story: async (world) => {
      const second = createKey('ed25519', { seed: 'attacks second owner' });
      world.owners = [owner, second];
      await world.found();
      return world.putInForce(signMetablock(policy({ readme: 'mine' }).toPayload(), [owner, owner]));
    },
    expect: 'refused',
    finding: 'LAYOUT_NOT_SIGNED_BY_OWNERS',
  },
  {
    name: 'a layout of a functionary',
    story: async (world) => {
      await world.found();
      return world.putInForce(signMetablock(policy({ readme: 'mine' }).toPayload(), alice));
    },
    expect: 'refused',
    finding: 'LAYOUT_NOT_SIGNED_BY_OWNERS',
  },
  {
    name: 'a layout that has expired',
    story: async (world) => {
      await world.found();
      return world.putInForce(signedPolicy({ expires: '2020-01-01T00:00:00Z' }));
    },
    expect: 'refused',
    finding: 'LAYOUT_EXPIRED',
  },
  {
    name: 'a layout posted as a link',
    story: async (world) => {
      await world.found();
      return world.offer(signedPolicy({ readme: 'as a link' }), { run: '1' });
    },
    expect: 'refused',
    finding: 'LINK_EXPECTED',
  },
];
