import { createKey, type SigningKey, signDssePayload, signMetablock } from '../support/supply-chain.js';
import {
  namedOwners,
  type RootStory,
  rootPayload,
  signRoot,
  signRootPayload,
} from '../support/trust-root.js';
import { mallory, owner, policy, signedPolicy } from './pipeline.js';
import type { Scenario } from './scenario.js';
import type { World } from './world.js';

const second = createKey('ed25519', { seed: 'attacks second owner' });
const successor = createKey('ed25519', { seed: 'attacks successor' });

/** The root that the owner of the chain would sign when he leaves. */
const handover = (world: World, changes: Partial<RootStory> = {}): RootStory => ({
  chain: world.chain,
  version: 2,
  owners: [['successor', successor]],
  ...changes,
});

/** Mallory has the token of an operator, and tries to own the chain. */
const takeover = (world: World, changes: Partial<RootStory> = {}): RootStory =>
  handover(world, { owners: [['mallory', mallory]], ...changes });

async function handedOver(world: World): Promise<Buffer> {
  await world.found();
  const root = signRoot(handover(world), owner, successor);
  await world.acceptRoot(root);
  return root;
}

/** A root that the owners signed and the service must not take all the same. */
const refusedRoot = (
  name: string,
  finding: string,
  change: (world: World) => object,
  signers: readonly SigningKey[] = [owner, successor],
): Scenario => ({
  name,
  story: async (world) => {
    await world.found();
    return world.offerRoot(
      signRootPayload({ ...rootPayload(handover(world)), ...change(world) }, ...signers),
    );
  },
  expect: 'refused',
  finding,
});

export const roots: readonly Scenario[] = [
  {
    name: 'a trust root signed by nobody but its own owner',
    story: async (world) => {
      await world.found();
      return world.offerRoot(signRoot(takeover(world), mallory));
    },
    expect: 'refused',
    finding: 'ROOT_NOT_SIGNED_BY_OWNERS',
  },
  {
    name: "a trust root signed in the owner's name",
    story: async (world) => {
      await world.found();
      return world.offerRoot(signRoot(takeover(world), mallory, { ...mallory, keyid: owner.keyid }));
    },
    expect: 'refused',
    finding: 'ROOT_NOT_SIGNED_BY_OWNERS',
  },
  {
    name: 'a trust root changed after the owner signed it',
    story: async (world) => {
      await world.found();
      const { signatures } = JSON.parse(signRoot(handover(world), owner, successor).toString());
      const forged = JSON.parse(signRoot(takeover(world), mallory).toString());
      forged.signatures.push(...signatures);
      return world.offerRoot(Buffer.from(JSON.stringify(forged)));
    },
    expect: 'refused',
    finding: 'ROOT_NOT_SIGNED_BY_OWNERS',
  },
  {
    name: 'a trust root signed by one of two owners, twice',
    story: async (world) => {
      world.owners = [owner, second];
      await world.found();
      return world.offerRoot(signRoot(takeover(world), owner, owner, mallory));
    },
    expect: 'refused',
    finding: 'ROOT_NOT_SIGNED_BY_OWNERS',
  },
  {
    name: 'a trust root that leaves out a version',
    story: async (world) => {
      await world.found();
      return world.offerRoot(signRoot(handover(world, { version: 3 }), owner, successor));
    },
    expect: 'refused',
    finding: 'ROOT_VERSION_WRONG',
  },
  {
    name: 'a trust root that was replaced, posted again',
    story: async (world) => {
      const old = await handedOver(world);
      await world.acceptRoot(
        signRoot(handover(world, { version: 3, owners: [['second', second]] }), successor, second),
      );
      return world.offerRoot(old);
    },
    expect: 'refused',
    finding: 'ROOT_VERSION_WRONG',
  },
  {
    name: 'a second trust root of the version in force',
    story: async (world) => {
      await handedOver(world);
      return world.offerRoot(
        signRoot(handover(world, { owners: [['second', second]] }), owner, successor, second),
      );
    },
    expect: 'refused',
    finding: 'ROOT_VERSION_WRONG',
  },
  refusedRoot('a trust root of another chain', 'ROOT_OF_ANOTHER_CHAIN', () => ({ chain: 'acme/other' })),
  refusedRoot('a trust root that needs nobody', 'ROOT_INVALID', () => ({ threshold: 0 })),
  refusedRoot('a trust root that needs more owners than it has', 'ROOT_INVALID', () => ({ threshold: 2 })),
  refusedRoot('a trust root with one key under two owners', 'KEY_TWICE', () => ({
    threshold: 2,
    owners: namedOwners([
      ['successor', successor],
      ['second', { ...successor, publicKey: { ...successor.publicKey, keyid: second.keyid } }],
    ]),
  })),
  refusedRoot('a trust root with a key that anybody signs for', 'KEY_ED25519_SMALL_ORDER', () => ({
    owners: [
      {
        owner: 'successor',
        key: { ...successor.publicKey, keyval: { public: `01${'0'.repeat(62)}` } },
      },
    ],
  })),
  {
    name: 'a trust root in the envelope of a layout',
    story: async (world) => {
      await world.found();
      const payload = Buffer.from(JSON.stringify(rootPayload(handover(world))));
      return world.offerRoot(signDssePayload(payload, [owner, successor]));
    },
    expect: 'refused',
    finding: 'ROOT_EXPECTED',
  },
  {
    name: 'a trust root with its threshold twice',
    story: async (world) => {
      await world.found();
      const payload = JSON.stringify(rootPayload(handover(world))).replace('{', '{"threshold":2,');
      return world.offerRoot(
        signDssePayload(Buffer.from(payload), [owner, successor], 'application/vnd.custody.root+json'),
      );
    },
    expect: 'refused',
    finding: 'JSON_DUPLICATE_MEMBER',
  },
  {
    name: 'a layout of an owner who has left',
    story: async (world) => {
      await handedOver(world);
      return world.putInForce(signedPolicy({ readme: 'from beyond' }));
    },
    expect: 'refused',
    finding: 'LAYOUT_NOT_SIGNED_BY_OWNERS',
  },
  {
    name: 'a layout signed with two keys of one owner where two owners must',
    story: async (world) => {
      await world.found();
      const owners = [
        ['owner', owner],
        ['owner', second],
        ['successor', successor],
      ] as const;
      await world.acceptRoot(signRoot(handover(world, { owners, threshold: 2 }), owner, successor));
      return world.putInForce(signMetablock(policy({ readme: 'twice' }).toPayload(), [owner, second]));
    },
    expect: 'refused',
    finding: 'LAYOUT_NOT_SIGNED_BY_OWNERS',
  },
  {
    name: 'a build by a layout whose owner has left',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      await world.expectPass(build.digest);
      await world.acceptRoot(signRoot(handover(world), owner, successor));
      return build.digest;
    },
    expect: 'fail',
    finding: 'LAYOUT_NOT_SIGNED_BY_OWNERS',
  },
  {
    name: 'a build by a layout whose two signers are one owner by the next root',
    story: async (world) => {
      world.owners = [owner, second];
      await world.found();
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      await world.expectPass(build.digest);
      const owners = [
        ['owner', owner],
        ['owner', second],
        ['successor', successor],
      ] as const;
      await world.acceptRoot(signRoot(handover(world, { owners, threshold: 2 }), owner, second, successor));
      return build.digest;
    },
    expect: 'fail',
    finding: 'LAYOUT_NOT_SIGNED_BY_OWNERS',
  },
  {
    name: 'a layout in force, posted with fewer signatures',
    story: async (world) => {
      world.owners = [owner, second];
      await world.found();
      const owners = [
        ['owner', owner],
        ['second', second],
      ] as const;
      await world.acceptRoot(signRoot(handover(world, { owners }), owner, second));
      return world.putInForce(signedPolicy());
    },
    expect: 'refused',
    finding: 'LAYOUT_SIGNATURES_LOST',
  },
  {
    name: 'an honest handover: the new owner signs the layout too',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      await world.acceptRoot(signRoot(handover(world), owner, successor));
      await world.putInForce(signMetablock(policy().toPayload(), [owner, successor]));
      return build.digest;
    },
    expect: 'pass',
  },
];
