import { type LayoutBuilder, layout, type SigningKey, signMetablock } from '../support/supply-chain.js';
import { alice, type Build, bob, carol, dave } from './pipeline.js';
import { reformatted } from './reformat.js';
import type { Scenario } from './scenario.js';
import type { World } from './world.js';

/** What anybody writes who can guess what a link is going to say: its content, and a worthless signature. */
function forged(link: Buffer): Buffer {
  const file = JSON.parse(link.toString());
  for (const signature of file.signatures) signature.sig = '00'.repeat(64);
  return Buffer.from(JSON.stringify(file));
}

/** The same content in the name of others, as far as they have signed it. */
function signedBy(link: Buffer, ...by: SigningKey[]): Buffer {
  return signMetablock(JSON.parse(link.toString()).signed, by);
}

/** Two may scan, and one of them is enough. */
const twoScanners = (): LayoutBuilder =>
  layout()
    .step('checkout', { by: alice, products: ['CREATE src/*', 'DISALLOW *'] })
    .step('build', {
      by: bob,
      materials: ['MATCH src/* WITH PRODUCTS FROM checkout', 'DISALLOW *'],
      products: ['CREATE image-digest.txt', 'MATCH src/* WITH PRODUCTS FROM checkout', 'DISALLOW *'],
    })
    .step('scan', {
      by: [carol, dave],
      materials: ['MATCH image-digest.txt WITH PRODUCTS FROM build', 'DISALLOW *'],
      products: ['CREATE report.json', 'DISALLOW *'],
    });

/** Content that the scanner makes is known to everybody who can run it. */
async function preposted(world: World, file: Buffer, run: string | undefined): Promise<void> {
  await world.post(forged(file), run === undefined ? {} : { run });
}

interface Contradiction {
  readonly name: string;
  /** How what contradicts the pass is made old. */
  readonly prepare: (world: World, build: Build) => Promise<void>;
}

const ways: readonly Contradiction[] = [
  {
    name: 'a forged copy of it in a run',
    prepare: (world, build) => preposted(world, build.failingScan(), 'scratch'),
  },
  {
    name: 'a forged copy of it without a run',
    prepare: (world, build) => preposted(world, build.failingScan(), undefined),
  },
  {
    name: 'a forged copy of it in other bytes',
    prepare: (world, build) => preposted(world, reformatted(build.failingScan()), 'scratch'),
  },
  { name: 'nothing', prepare: async () => {} },
];

/** A failing link that comes last is the newest, whatever was posted of it before. */
const contradictions: readonly Scenario[] = ways.flatMap(({ name, prepare }): Scenario[] => [
  {
    name: `a failing scan in a newer run, after ${name}`,
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await prepare(world, build);
      await world.postBuild(build, { run: '1' });
      await world.expectPass(build.digest);
      await world.postSteps(build, ['checkout', 'build'], { run: '2' });
      await world.post(build.failingScan(), { run: '2' });
      return build.digest;
    },
    expect: 'fail',
    finding: 'RULE_DISALLOWED',
  },
  {
    name: `a failing scan in a newer attempt, after ${name}`,
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await prepare(world, build);
      await world.postBuild(build, { run: '1' });
      await world.expectPass(build.digest);
      await world.post(build.failingScan(), { run: '1', attempt: 2 });
      return build.digest;
    },
    expect: 'fail',
    finding: 'RULE_DISALLOWED',
  },
  {
    name: `the passing scan once more as attempt 3, after a failing one and ${name}`,
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await prepare(world, build);
      await world.postBuild(build, { run: '1' });
      await world.post(build.failingScan(), { run: '1', attempt: 2 });
      await world.post(build.link('scan'), { run: '1', attempt: 3 });
      return build.digest;
    },
    expect: 'fail',
    finding: 'LINKS_CONFLICT',
  },
]);

/** The same by whoever else may sign the step: what he said early, another says now. */
const otherScanner: readonly Scenario[] = [
  {
    name: 'a failing scan by one scanner, of which the other had signed the same beforehand',
    story: async (world) => {
      await world.found(twoScanners());
      const build = world.build('monday');
      await world.post(signedBy(build.failingScan(), dave), { run: 'scratch' });
      await world.postBuild(build, { run: '1' });
      await world.expectPass(build.digest);
      await world.post(build.failingScan(), { run: '1', attempt: 2 });
      return build.digest;
    },
    expect: 'fail',
    finding: 'RULE_DISALLOWED',
  },
  {
    name: 'the same, where the signatures of both were put into one file',
    story: async (world) => {
      await world.found(twoScanners());
      const build = world.build('monday');
      await world.post(signedBy(build.failingScan(), dave), { run: 'scratch' });
      await world.postBuild(build, { run: '1' });
      await world.expectPass(build.digest);
      await world.postSteps(build, ['checkout', 'build'], { run: '2' });
      await world.post(signedBy(build.failingScan(), dave, carol), { run: '2' });
      return build.digest;
    },
    expect: 'fail',
    finding: 'RULE_DISALLOWED',
  },
  {
    name: 'an old scan of theirs, put into one file and given as newer than a failing one',
    story: async (world) => {
      await world.found(twoScanners());
      const build = world.build('monday');
      await world.post(signedBy(build.link('scan'), dave), { run: 'scratch' });
      await world.postBuild(build, { run: '1' });
      await world.post(build.failingScan(), { run: '1', attempt: 2 });
      await world.post(signedBy(build.link('scan'), dave, carol), { run: '1', attempt: 3 });
      return build.digest;
    },
    expect: 'fail',
    finding: 'LINKS_CONFLICT',
  },
];

/** The mirror image: what an honest job says anew is new, whatever was posted of it before. */
const honest: readonly Scenario[] = [undefined, 'scratch'].map((run) => ({
  name: `an honest scan once more, of which a forged copy was there before ${run ? 'in' : 'without'} a run`,
  story: async (world) => {
    await world.found();
    const build = world.build('monday');
    const again = world.build('again', { image: `${world.chain} monday` });
    await preposted(world, again.link('scan'), run);
    await world.postSteps(build, ['checkout', 'build'], { run: '1' });
    await world.post(build.failingScan(), { run: '1' });
    await world.post(again.link('scan'), { run: '1', attempt: 2 });
    return build.digest;
  },
  expect: 'pass',
}));

export const backdating: readonly Scenario[] = [...contradictions, ...otherScanner, ...honest];
