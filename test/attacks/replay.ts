import { link, signDsse, signMetablock } from '../support/supply-chain.js';
import { alice, type Build, bob, carol, policy } from './pipeline.js';
import { reformatted, writtenAnew } from './reformat.js';
import type { Scenario } from './scenario.js';
import type { World } from './world.js';

/** The same image is built twice; Monday's scan passed, Tuesday's found something. */
async function rescanned(world: World): Promise<{ monday: Build; tuesday: Build }> {
  await world.found();
  const monday = world.build('monday', { image: world.chain });
  const tuesday = world.build('tuesday', { image: world.chain });
  await world.postBuild(monday, { run: 'monday' });
  await world.expectPass(monday.digest);
  await world.postSteps(tuesday, ['checkout', 'build'], { run: 'tuesday' });
  await world.post(tuesday.failingScan(), { run: 'tuesday' });
  return { monday, tuesday };
}

export const replay: readonly Scenario[] = [
  {
    name: 'a newer build of the same image whose scan fails',
    story: async (world) => (await rescanned(world)).tuesday.digest,
    expect: 'fail',
    finding: 'BUILDS_DISAGREE',
  },
  {
    name: 'an older passing scan posted to the newer run',
    story: async (world) => {
      const { monday, tuesday } = await rescanned(world);
      await world.post(monday.link('scan'), { run: 'tuesday' });
      return tuesday.digest;
    },
    expect: 'fail',
    finding: 'LINKS_CONFLICT',
  },
  {
    name: 'an older passing scan posted as a newer attempt',
    story: async (world) => {
      const { monday, tuesday } = await rescanned(world);
      await world.post(monday.link('scan'), { run: 'tuesday', attempt: 2 });
      return tuesday.digest;
    },
    expect: 'fail',
  },
  {
    name: 'the first attempt of a run posted again as its third',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      await world.post(build.failingScan(), { run: '1', attempt: 2 });
      await world.post(build.link('scan'), { run: '1', attempt: 3 });
      return build.digest;
    },
    expect: 'fail',
  },
  {
    name: 'an older passing scan posted in advance with a high attempt number',
    story: async (world) => {
      await world.found();
      const monday = world.build('monday', { image: world.chain });
      const tuesday = world.build('tuesday', { image: world.chain });
      await world.postBuild(monday, { run: 'monday' });
      await world.post(monday.link('scan'), { run: 'tuesday', attempt: 1_000_000 });
      await world.postSteps(tuesday, ['checkout', 'build'], { run: 'tuesday' });
      await world.post(tuesday.failingScan(), { run: 'tuesday' });
      return tuesday.digest;
    },
    expect: 'fail',
  },
  {
    name: 'an older passing scan with the newer build in a run of the attacker',
    story: async (world) => {
      const { monday, tuesday } = await rescanned(world);
      const wednesday = world.build('wednesday', { image: world.chain });
      await world.postSteps(wednesday, ['checkout', 'build'], { run: 'wednesday' });
      for (const old of [wednesday.link('checkout'), wednesday.link('build'), monday.link('scan')]) {
        await world.post(old, { run: 'attacker' });
      }
      return tuesday.digest;
    },
    expect: 'fail',
    finding: 'BUILDS_DISAGREE',
  },
  {
    name: 'an older passing scan in place of the one of a run whose last link is another',
    story: async (world) => {
      await world.found();
      const monday = world.build('monday', { image: world.chain });
      const tuesday = world.build('tuesday', { image: world.chain });
      await world.postBuild(monday, { run: 'monday' });
      await world.post(tuesday.failingScan(), { run: 'tuesday' });
      await world.postSteps(tuesday, ['checkout', 'build'], { run: 'tuesday' });
      for (const chosen of [tuesday.link('checkout'), tuesday.link('build'), monday.link('scan')]) {
        await world.post(chosen, { run: 'attacker' });
      }
      return tuesday.digest;
    },
    expect: 'fail',
    finding: 'BUILDS_DISAGREE',
  },
  {
    name: 'an older passing scan written anew byte by byte',
    story: async (world) => {
      const { monday, tuesday } = await rescanned(world);
      await world.post(reformatted(monday.link('scan')), { run: 'tuesday', attempt: 2 });
      return tuesday.digest;
    },
    expect: 'fail',
  },
  {
    name: 'a whole older build written anew byte by byte',
    story: async (world) => {
      const { monday, tuesday } = await rescanned(world);
      for (const old of monday.links) await world.post(reformatted(old), { run: 'wednesday' });
      return tuesday.digest;
    },
    expect: 'fail',
    finding: 'BUILDS_DISAGREE',
  },
  {
    name: 'a newer failing build hidden by a link of another image in its run',
    story: async (world) => {
      const { tuesday } = await rescanned(world);
      const other = world.build('other');
      await world.postBuild(other, { run: 'other' });
      await world.post(other.link('build'), { run: 'tuesday' });
      return tuesday.digest;
    },
    expect: 'fail',
  },
  {
    name: 'a newer failing build hidden by a newer attempt with a link of another image',
    story: async (world) => {
      const { tuesday } = await rescanned(world);
      const other = world.build('other');
      await world.postBuild(other, { run: 'other' });
      await world.post(other.link('build'), { run: 'tuesday', attempt: 2 });
      return tuesday.digest;
    },
    expect: 'fail',
  },
  {
    name: 'a newer failing build hidden by thirty runs that say nothing',
    story: async (world) => {
      const { monday, tuesday } = await rescanned(world);
      const forged = world.build('forged').sign('build', bob, {}, { 'image.txt': 'forged' });
      for (let i = 0; i < 30; i += 1) {
        await world.post(forged, { run: `noise ${i}`, subject: tuesday.digest });
      }
      await world.post(forged, { run: 'monday', attempt: 1 });
      await world.post(monday.link('scan'), { run: 'monday', attempt: 3 });
      return tuesday.digest;
    },
    expect: 'fail',
  },
  {
    name: 'a newer failing build hidden by thirty copies of its own anchor',
    story: async (world) => {
      const { monday, tuesday } = await rescanned(world);
      for (let i = 0; i < 30; i += 1) await world.post(tuesday.link('build'), { run: `copy ${i}` });
      for (const chosen of [tuesday.link('checkout'), tuesday.link('build'), monday.link('scan')]) {
        await world.post(chosen, { run: 'attacker' });
      }
      return tuesday.digest;
    },
    expect: 'fail',
  },
  {
    name: 'a newer failing build hidden by thirty runs of an older anchor written anew',
    story: async (world) => {
      const { monday, tuesday } = await rescanned(world);
      const copies = writtenAnew(monday.link('build'), 30);
      for (const [i, copy] of copies.entries()) await world.post(copy, { run: `copy ${i}` });
      for (const bytes of monday.links) await world.post(reformatted(bytes), { run: 'attacker' });
      return tuesday.digest;
    },
    expect: 'fail',
  },
  {
    name: 'a link of one step laid under the name of another',
    story: async (world) => {
      await world.found(
        policy().step('approve', {
          by: carol,
          materials: ['MATCH image-digest.txt WITH PRODUCTS FROM build', 'DISALLOW *'],
          products: ['CREATE report.json', 'DISALLOW *'],
        }),
      );
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      await world.post(build.link('scan'), { run: '1', file: `approve.${carol.keyid.slice(0, 8)}.link` });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_MISSING',
  },
  {
    name: 'a link of one step signed for it, renamed without a new signature',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postSteps(build, ['checkout', 'build'], { run: '1' });
      const renamed = build.sign('report', carol, build.digestFile, { 'report.json': 'no findings' });
      const forged = Buffer.from(renamed.toString().replace('"name": "report"', '"name": "scan"'));
      await world.post(forged, { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_FORGED',
  },
  {
    name: 'links of a chain with the same keys, which name their chain',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      const environment = { CUSTODY_CHAIN: 'acme/other' };
      await world.postSteps(build, ['checkout', 'build'], { run: '1' });
      const scan = link('scan', {
        materials: build.digestFile,
        products: { 'report.json': 'no findings' },
        environment,
      });
      await world.post(signMetablock(scan, carol), { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_OF_OTHER_CHAIN',
  },
  {
    name: 'links of a chain with the same keys, which name their chain among recorded variables',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      const environment = {
        variables: ['PATH=/bin', 'CUSTODY_CHAIN=acme/other', `CUSTODY_CHAIN=${world.chain}`],
      };
      await world.postSteps(build, ['checkout', 'build'], { run: '1' });
      const scan = link('scan', {
        materials: build.digestFile,
        products: { 'report.json': 'no findings' },
        environment,
      });
      await world.post(signDsse(scan, carol), { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_OF_OTHER_CHAIN',
  },
  {
    name: 'a complete build of another chain, one link of which is not repeated here',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      const elsewhere = `${world.chain}-source`;
      await world.operator.createChain(elsewhere, ...world.owners);
      await world.operator.postLayout(elsewhere, signMetablock(policy().toPayload(), world.owners));
      for (const bytes of build.links) await world.operator.postLink(bytes, { chain: elsewhere, run: '1' });
      await world.postSteps(build, ['checkout', 'build'], { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_MISSING',
  },
  {
    name: 'a digest that only another chain knows',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      const elsewhere = `${world.chain}-source`;
      await world.operator.createChain(elsewhere, ...world.owners);
      await world.operator.postLayout(elsewhere, signMetablock(policy().toPayload(), world.owners));
      for (const bytes of build.links) await world.operator.postLink(bytes, { chain: elsewhere, run: '1' });
      return build.digest;
    },
    expect: 'unknown',
  },
  {
    name: 'a link of a step that the functionary may not perform',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postSteps(build, ['checkout', 'build'], { run: '1' });
      await world.post(build.sign('scan', alice, build.digestFile, { 'report.json': 'no findings' }), {
        run: '1',
      });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_KEY_NOT_AUTHORIZED',
  },
];
