import { createKey, type SigningKey, signMetablock } from '../support/supply-chain.js';
import { alice, type Build, bob, carol, dave, digestOf, mallory, policy } from './pipeline.js';
import type { Scenario } from './scenario.js';
import type { World } from './world.js';

/** Two of these must have scanned. */
export const scannedByTwo = (...scanners: SigningKey[]) =>
  policy().step('review', {
    by: scanners,
    threshold: 2,
    materials: ['MATCH image-digest.txt WITH PRODUCTS FROM build', 'DISALLOW *'],
    products: ['DISALLOW *'],
  });

export const review = (build: Build, by: SigningKey) => build.sign('review', by, build.digestFile, {});

/** The key of another with which Mallory signs: only the id is the other's. */
const inTheNameOf = (key: SigningKey): SigningKey => ({ ...mallory, keyid: key.keyid });

async function almost(world: World, layout = scannedByTwo(carol, dave)): Promise<Build> {
  await world.found(layout);
  const build = world.build('monday');
  await world.postBuild(build, { run: '1' });
  return build;
}

/** Either may build. */
export const twoBuilders = () => {
  const payload = policy().toPayload();
  const text = JSON.stringify(payload)
    .replace(`["${bob.keyid}"]`, `["${bob.keyid}","${dave.keyid}"]`)
    .replace('"keys":{', `"keys":{"${dave.keyid}":${JSON.stringify(dave.publicKey)},`);
  return { toPayload: () => JSON.parse(text) } as ReturnType<typeof policy>;
};

export const thresholds: readonly Scenario[] = [
  {
    name: 'one of two reviewers',
    story: async (world) => {
      const build = await almost(world);
      await world.post(review(build, carol), { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_MISSING',
  },
  {
    name: 'one reviewer who signs twice',
    story: async (world) => {
      const build = await almost(world);
      await world.post(signMetablock(JSON.parse(review(build, carol).toString()).signed, [carol, carol]), {
        run: '1',
      });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_MISSING',
  },
  {
    name: "one reviewer, who also signs in the other's name",
    story: async (world) => {
      const build = await almost(world);
      await world.post(review(build, carol), { run: '1' });
      await world.post(review(build, { ...carol, keyid: dave.keyid }), { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_FORGED',
  },
  {
    name: 'one reviewer who holds one key under two ids',
    story: async (world) => {
      const twin = createKey('ed25519', { seed: 'attacks carol', style: '1.x' });
      await world.found();
      return world.putInForce(signMetablock(scannedByTwo(carol, twin).toPayload(), world.owners));
    },
    expect: 'refused',
    finding: 'KEY_TWICE',
  },
  {
    name: 'two reviewers who saw different images',
    story: async (world) => {
      const build = await almost(world);
      const other = world.build('other');
      await world.post(review(build, carol), { run: '1' });
      await world.post(review(other, dave), { run: '1' });
      return build.digest;
    },
    expect: 'fail',
    finding: 'LINKS_DISAGREE',
  },
  {
    name: 'two reviewers of two attempts',
    story: async (world) => {
      const build = await almost(world);
      await world.post(review(build, carol), { run: '1' });
      await world.post(review(build, dave), { run: '1', attempt: 2 });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_MISSING',
  },
  {
    name: 'a forged signature in the name of a functionary',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postSteps(build, ['checkout', 'build'], { run: '1' });
      await world.post(build.sign('scan', inTheNameOf(carol), build.digestFile, { 'report.json': '' }), {
        run: '1',
      });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_FORGED',
  },
  {
    name: 'an unknown key whose id begins like a functionary’s',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postSteps(build, ['checkout', 'build'], { run: '1' });
      const collider = { ...mallory, keyid: carol.keyid.slice(0, 8) + mallory.keyid.slice(8) };
      await world.post(build.sign('scan', collider, build.digestFile, { 'report.json': '' }), { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_KEY_NOT_AUTHORIZED',
  },
  {
    name: 'a second builder whose link breaks the rules, beside a sound build',
    story: async (world) => {
      await world.found(twoBuilders());
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      const evil = { 'image-digest.txt': `${digestOf('evil')}\n`, 'unreviewed.c': 'planted' };
      await world.post(build.sign('build', dave, { 'unreviewed.c': 'planted' }, evil), { run: '1' });
      return digestOf('evil');
    },
    expect: 'fail',
    finding: 'LINKS_CONFLICT',
  },
  {
    name: 'a layout that wants more signers than there are',
    story: async (world) => {
      await world.found();
      const layout = policy().step('review', { by: [alice], threshold: 2 });
      return world.putInForce(signMetablock(layout.toPayload(), world.owners));
    },
    expect: 'refused',
    finding: 'THRESHOLD_UNREACHABLE',
  },
  {
    name: 'a layout that wants no signer at all',
    story: async (world) => {
      await world.found();
      const layout = policy().step('review', { by: [alice], threshold: 0 });
      return world.putInForce(signMetablock(layout.toPayload(), world.owners));
    },
    expect: 'refused',
    finding: 'THRESHOLD_BELOW_ONE',
  },
];
