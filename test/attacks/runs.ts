import { layout } from '../support/supply-chain.js';
import { bob, carol, dave, digestOf, mallory, policy } from './pipeline.js';
import type { Scenario } from './scenario.js';

const scanOfEverything = () =>
  layout()
    .step('build', { by: bob, products: ['CREATE *'] })
    .step('scan', {
      by: carol,
      materials: ['ALLOW rules.yaml', 'MATCH * WITH PRODUCTS FROM build', 'DISALLOW *'],
      products: ['CREATE report.json', 'DISALLOW *'],
    });

export const runs: readonly Scenario[] = [
  {
    name: 'another pipeline uses the same run name',
    story: async (world) => {
      await world.found();
      const [ours, theirs] = [world.build('ours'), world.build('theirs')];
      await world.postSteps(ours, ['checkout', 'build'], { run: '4711' });
      await world.postBuild(theirs, { run: '4711' });
      return ours.digest;
    },
    expect: 'fail',
  },
  {
    name: 'a run name in other letters is another run',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postSteps(build, ['checkout', 'build'], { run: 'main/17' });
      await world.postSteps(build, ['scan'], { run: 'MAIN/17' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_MISSING',
  },
  {
    name: 'a run name with a blank at its end',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      return world.offer(build.link('scan'), { run: '17 ' });
    },
    expect: 'refused',
    finding: 'QUERY_INVALID',
  },
  {
    name: 'a passing run declares a foreign image',
    story: async (world) => {
      await world.found();
      const evil = digestOf('evil');
      await world.postBuild(world.build('monday'), { run: '1', subject: evil });
      return evil;
    },
    expect: 'pending',
    finding: 'SUBJECT_NOT_PROVEN',
  },
  {
    name: 'an image that nobody built and a run declares',
    story: async (world) => {
      await world.found();
      const evil = digestOf('evil');
      await world.post(world.build('x').sign('build', mallory, {}, { 'image-digest.txt': evil }), {
        run: '1',
        subject: evil,
      });
      return evil;
    },
    expect: 'pending',
    finding: 'LINK_KEY_NOT_AUTHORIZED',
  },
  {
    name: 'another record of a step, posted to a run that has passed',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      await world.expectPass(build.digest);
      await world.post(world.build('again', { image: build.name }).link('scan'), { run: '1' });
      return build.digest;
    },
    expect: 'fail',
    finding: 'LINKS_CONFLICT',
  },
  {
    name: 'a late failing scan in a run that has passed',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      await world.expectPass(build.digest);
      await world.post(build.failingScan(), { run: '1', attempt: 2 });
      return build.digest;
    },
    expect: 'fail',
    finding: 'RULE_DISALLOWED',
  },
  {
    name: 'a late failing scan without a run, of a build that has passed',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postBuild(build);
      await world.expectPass(build.digest);
      await world.post(build.failingScan());
      return build.digest;
    },
    expect: 'fail',
    finding: 'AMBIGUOUS_EVIDENCE',
  },
  {
    name: 'a late failing scan in the oldest of more runs than are looked at',
    story: async (world) => {
      await world.found();
      const nights = Array.from({ length: 25 }, (_, n) => world.build(`night ${n}`, { image: world.chain }));
      for (const night of nights) await world.postBuild(night, { run: night.name });
      const [first] = nights;
      if (!first) throw new Error('there is a first night');
      await world.expectPass(first.digest);
      await world.post(first.failingScan(), { run: first.name, attempt: 2 });
      return first.digest;
    },
    expect: 'pending',
    finding: 'EVIDENCE_SEARCH_LIMIT',
  },
  {
    name: 'an earlier attempt completes a newer one',
    story: async (world) => {
      await world.found();
      const [first, second] = [world.build('first'), world.build('second')];
      await world.postBuild(first, { run: '1' });
      await world.postSteps(second, ['checkout', 'build'], { run: '1', attempt: 2 });
      return second.digest;
    },
    expect: 'fail',
    finding: 'RULE_DISALLOWED',
  },
  {
    name: 'the image of an attempt that was repeated',
    story: async (world) => {
      await world.found();
      const [first, second] = [world.build('first'), world.build('second')];
      await world.postBuild(first, { run: '1' });
      await world.expectPass(first.digest);
      await world.postBuild(second, { run: '1', attempt: 2 });
      return first.digest;
    },
    expect: 'pending',
    finding: 'SUBJECT_NOT_PROVEN',
  },
  {
    name: 'a loose build is not passed by a newer run that fails',
    story: async (world) => {
      await world.found();
      const loose = world.build('loose', { image: world.chain });
      const inRun = world.build('in run', { image: world.chain });
      await world.postBuild(loose);
      await world.expectPass(loose.digest);
      await world.postSteps(inRun, ['checkout', 'build'], { run: '1' });
      await world.post(inRun.failingScan(), { run: '1' });
      return loose.digest;
    },
    expect: 'fail',
    finding: 'BUILDS_DISAGREE',
  },
  {
    name: 'a loose build of other sources that made the image of one that has passed',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postBuild(build);
      await world.expectPass(build.digest);
      const tampered = { ...build.sources, 'src/main.c': 'tampered with' };
      await world.post(build.sign('build', bob, tampered, { ...tampered, ...build.digestFile }));
      return build.digest;
    },
    expect: 'fail',
    finding: 'AMBIGUOUS_EVIDENCE',
  },
  {
    name: 'two loose scans of one image that disagree',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postSteps(build, ['checkout', 'build']);
      await world.post(build.failingScan());
      await world.post(build.link('scan'));
      return build.digest;
    },
    expect: 'fail',
    finding: 'AMBIGUOUS_EVIDENCE',
  },
  {
    name: 'a failing loose scan that took less than the one that passed',
    story: async (world) => {
      await world.found(scanOfEverything());
      const build = world.build('monday');
      const made = { ...build.digestFile, 'sbom.json': 'what is in it' };
      await world.post(build.sign('build', bob, {}, made));
      await world.post(build.sign('scan', carol, made, { 'report.json': 'no findings' }));
      await world.expectPass(build.digest);
      await world.post(build.failingScan());
      return build.digest;
    },
    expect: 'fail',
    finding: 'AMBIGUOUS_EVIDENCE',
  },
  {
    name: 'a failing loose scan with a file of its own that the layout allows',
    story: async (world) => {
      await world.found(scanOfEverything());
      const build = world.build('monday');
      await world.post(build.sign('build', bob, {}, build.digestFile));
      await world.post(build.link('scan'));
      await world.expectPass(build.digest);
      const materials = { ...build.digestFile, 'rules.yaml': 'what to look for' };
      await world.post(build.sign('scan', carol, materials, { 'critical.txt': 'CVE-2026-0001' }));
      return build.digest;
    },
    expect: 'fail',
    finding: 'AMBIGUOUS_EVIDENCE',
  },
  {
    name: 'a review of another build that shares one file with this one, where the layout allows the others',
    story: async (world) => {
      await world.found(
        policy().step('review', {
          by: dave,
          materials: ['MATCH src/* WITH PRODUCTS FROM checkout', 'ALLOW *'],
        }),
      );
      const [monday, tuesday] = [world.build('monday'), world.build('tuesday')];
      await world.postBuild(monday);
      await world.post(monday.sign('review', dave, monday.sources, {}));
      await world.expectPass(monday.digest);
      await world.postBuild(tuesday);
      return tuesday.digest;
    },
    expect: 'pending',
    finding: 'MATCHED_IN_PART',
  },
  {
    name: 'a step that no rule ties, taken from another build without a run',
    story: async (world) => {
      await world.found(
        policy().step('approve', { by: carol, products: ['CREATE approval.txt', 'DISALLOW *'] }),
      );
      const [monday, tuesday] = [world.build('monday'), world.build('tuesday')];
      await world.postBuild(monday);
      await world.post(tuesday.sign('approve', carol, {}, { 'approval.txt': 'yes' }));
      return monday.digest;
    },
    expect: 'pending',
    finding: 'STEP_NOT_TIED',
  },
];
