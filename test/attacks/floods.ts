import type { SigningKey } from '../support/supply-chain.js';
import { type Build, bob, carol, mallory } from './pipeline.js';
import type { Scenario } from './scenario.js';
import type { BulkLink, World } from './world.js';

/** Sound links of other builds: the same step, the same key, and a file that every build has. */
const ofOtherBuilds = (world: World, step: 'checkout' | 'build' | 'scan'): BulkLink[] =>
  decoys(world, (i) => world.build(`decoy ${i}`).link(step));

function decoys(world: World, make: (i: number) => Buffer): BulkLink[] {
  return Array.from({ length: world.target.flood }, (_, i) => ({ bytes: make(i) }));
}

/** What Mallory signs in the name of another, with exactly the artifacts of the true link. */
const inTheNameOf = (key: SigningKey): SigningKey => ({ ...mallory, keyid: key.keyid });

const forgedScan = (build: Build, i: number): Buffer =>
  build.sign('scan', inTheNameOf(carol), build.digestFile, { 'report.json': `forged ${i}` });

const forgedBuild = (build: Build, i: number): Buffer =>
  build.sign('build', inTheNameOf(bob), build.sources, {
    ...build.sources,
    ...build.digestFile,
    'forged.txt': `${i}`,
  });

/** Anybody's links that have the image's digest file as a product, more in runs than are related to a digest. */
const forgedAnchors = (build: Build): BulkLink[] =>
  Array.from({ length: 1_002 }, (_, i) => ({
    bytes: build.sign('zzzz', mallory, { 'n.txt': `${i}` }, build.digestFile),
    run: `flood ${i % 3}`,
  }));

/** Nobody has asked for the image yet; it was scanned again, and the newer scan fails. */
async function failsUnasked(world: World): Promise<Build> {
  await world.found();
  const build = world.build('monday');
  await world.postBuild(build, { run: '1' });
  await world.postSteps(build, ['checkout', 'build'], { run: '2' });
  await world.post(build.failingScan(), { run: '2' });
  return build;
}

export const floods: readonly Scenario[] = [
  {
    name: 'a failing run, before anybody asked for the image',
    story: async (world) => (await failsUnasked(world)).digest,
    expect: 'fail',
    finding: 'RULE_DISALLOWED',
  },
  {
    name: 'a failing run behind forged anchors, of which the passing one is posted once more',
    story: async (world) => {
      const build = await failsUnasked(world);
      await world.target.storeMany(world.chain, forgedAnchors(build));
      await world.settle(build.digest);
      await world.post(build.link('build'), { run: '1' });
      return build.digest;
    },
    expect: 'pending',
  },
  {
    name: 'a sound loose build among sound links of other builds',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.target.storeMany(world.chain, ofOtherBuilds(world, 'checkout'));
      await world.postBuild(build);
      await world.target.storeMany(world.chain, ofOtherBuilds(world, 'build'));
      return build.digest;
    },
    expect: 'pass',
  },
  {
    name: 'a sound loose build among forged anchors',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postBuild(build);
      await world.target.storeMany(
        world.chain,
        decoys(world, (i) => forgedBuild(build, i)),
      );
      return build.digest;
    },
    expect: 'pass',
  },
  {
    name: 'a sound loose build among forged scans of it',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.target.storeMany(
        world.chain,
        decoys(world, (i) => forgedScan(build, i)),
      );
      await world.postBuild(build);
      return build.digest;
    },
    expect: 'pass',
  },
  {
    name: 'a failing loose scan among forged passing ones',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postSteps(build, ['checkout', 'build']);
      await world.post(build.failingScan());
      await world.target.storeMany(
        world.chain,
        decoys(world, (i) => forgedScan(build, i)),
      );
      return build.digest;
    },
    expect: 'fail',
    finding: 'RULE_DISALLOWED',
  },
  {
    name: 'a failing loose scan among more scans of its functionary than are looked at',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postSteps(build, ['checkout', 'build']);
      await world.post(build.failingScan());
      const passing = (i: number) =>
        build.sign('scan', carol, build.digestFile, { 'report.json': `no findings ${i}` });
      await world.target.storeMany(
        world.chain,
        Array.from({ length: 200 }, (_, i) => ({ bytes: passing(i) })),
      );
      return build.digest;
    },
    expect: 'pending',
    finding: 'EVIDENCE_SEARCH_LIMIT',
  },
  {
    name: 'a failing loose build behind more passing ones than are looked at',
    story: async (world) => {
      await world.found();
      const image = { image: world.chain };
      const failing = world.build('failing', image);
      await world.post(failing.sign('build', bob, { 'src/x': 'unreviewed' }, failing.digestFile));
      const again = Array.from({ length: 12 }, (_, i) => world.build(`passing ${i}`, image).link('build'));
      const good = world.build('good', image);
      await world.postSteps(good, ['checkout', 'scan']);
      for (const bytes of again) await world.post(bytes);
      return good.digest;
    },
    expect: 'pending',
    finding: 'EVIDENCE_SEARCH_LIMIT',
  },
  {
    name: 'a run among runs of the same steps and files',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      const inRuns = ofOtherBuilds(world, 'build').map(({ bytes }, i) => ({ bytes, run: `decoy ${i}` }));
      await world.postBuild(build, { run: '1' });
      await world.target.storeMany(world.chain, inRuns);
      return build.digest;
    },
    expect: 'pass',
  },
  {
    name: 'a newer failing build behind more sound links in its run than are read',
    story: async (world) => {
      await world.found();
      const image = { image: world.chain };
      const [older, newer] = [world.build('older', image), world.build('newer', image)];
      await world.postBuild(older, { run: 'older' });
      await world.postSteps(newer, ['checkout', 'build'], { run: 'newer' });
      await world.post(newer.failingScan(), { run: 'newer' });
      const others = Array.from({ length: 600 }, (_, i) => world.build(`other ${i}`).link('build'));
      const inRun = others.map((bytes) => ({ bytes, run: 'newer' }));
      await world.target.storeMany(world.chain, inRun);
      return newer.digest;
    },
    expect: 'pending',
  },
  {
    name: 'a newer failing build behind more runs than are looked at',
    story: async (world) => {
      await world.found();
      const image = { image: world.chain };
      const [older, newer] = [world.build('older', image), world.build('newer', image)];
      await world.postBuild(older, { run: 'older' });
      await world.postSteps(newer, ['checkout', 'build'], { run: 'newer' });
      await world.post(newer.failingScan(), { run: 'newer' });
      const copy = newer.link('build');
      const copies = Array.from({ length: 1_100 }, (_, i) => ({ bytes: copy, run: `copy ${i}` }));
      await world.target.storeMany(world.chain, copies);
      for (const bytes of [newer.link('checkout'), copy, older.link('scan')]) {
        await world.post(bytes, { run: 'attacker' });
      }
      return newer.digest;
    },
    expect: 'fail',
  },
  {
    name: 'a run with forged links in it',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      const forged = Array.from({ length: 200 }, (_, i) => ({ bytes: forgedScan(build, i), run: '1' }));
      await world.target.storeMany(world.chain, forged);
      return build.digest;
    },
    expect: 'pass',
  },
];
