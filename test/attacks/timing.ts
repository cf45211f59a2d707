import { setTimeout as sleep } from 'node:timers/promises';
import { bob, policy, signedPolicy } from './pipeline.js';
import { reformatted } from './reformat.js';
import type { Scenario } from './scenario.js';

const HOUR = 3_600;
const inSeconds = (seconds: number): string =>
  `${new Date(Date.now() + seconds * 1_000).toISOString().slice(0, 19)}Z`;

export const timing: readonly Scenario[] = [
  {
    name: 'a scan older than the chain allows',
    story: async (world) => {
      await world.found(policy(), { maxAge: { scan: HOUR } });
      const build = world.build('monday');
      await world.postSteps(build, ['scan'], { run: '1' });
      await world.age(2 * HOUR);
      await world.postSteps(build, ['checkout', 'build'], { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_TOO_OLD',
  },
  {
    name: 'a scan that grows too old after it passed',
    story: async (world) => {
      await world.found(policy(), { maxAge: { scan: 2 } });
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      await world.expectPass(build.digest);
      await sleep(2_100);
      return build.digest;
    },
    expect: 'fail',
    finding: 'LINK_TOO_OLD',
  },
  {
    name: 'a failing build whose scan grew too old, beside an older one that was scanned again',
    story: async (world) => {
      await world.found(policy(), { maxAge: { scan: 3_600 } });
      const image = { image: world.chain };
      const [good, bad] = [world.build('good', image), world.build('bad', image)];
      await world.postBuild(good, { run: 'good' });
      await world.postSteps(bad, ['checkout', 'scan'], { run: 'bad' });
      const products = { ...bad.sources, ...bad.digestFile, backdoor: 'that nobody asked for' };
      await world.post(bad.sign('build', bob, bad.sources, products), { run: 'bad' });
      await world.age(4_000);
      const again = world.build('again', image);
      await world.post(again.link('scan'), { run: 'good', attempt: 2 });
      return good.digest;
    },
    expect: 'fail',
    finding: 'RULE_DISALLOWED',
  },
  {
    name: 'a scan that is too old, posted again',
    story: async (world) => {
      await world.found(policy(), { maxAge: { scan: HOUR } });
      const build = world.build('monday');
      await world.postSteps(build, ['scan'], { run: '0' });
      await world.age(2 * HOUR);
      await world.postBuild(build, { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_TOO_OLD',
  },
  {
    name: 'a scan that is too old, written anew byte by byte',
    story: async (world) => {
      await world.found(policy(), { maxAge: { scan: HOUR } });
      const build = world.build('monday');
      await world.postSteps(build, ['scan'], { run: '0' });
      await world.age(2 * HOUR);
      await world.postSteps(build, ['checkout', 'build'], { run: '1' });
      await world.post(reformatted(build.link('scan')), { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_TOO_OLD',
  },
  {
    name: 'a scan that is too old, without a run',
    story: async (world) => {
      await world.found(policy(), { maxAge: { scan: HOUR } });
      const build = world.build('monday');
      await world.postSteps(build, ['scan']);
      await world.age(2 * HOUR);
      await world.postSteps(build, ['checkout', 'build']);
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_TOO_OLD',
  },
  {
    name: 'a verdict after the end of its layout',
    story: async (world) => {
      await world.found(policy({ expires: inSeconds(2.5) }));
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      await world.expectPass(build.digest);
      await sleep(3_000);
      return build.digest;
    },
    expect: 'fail',
    finding: 'LAYOUT_EXPIRED',
  },
  {
    name: 'links posted after the end of the layout',
    story: async (world) => {
      await world.found(policy({ expires: inSeconds(1.5) }));
      await sleep(2_000);
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      return build.digest;
    },
    expect: 'fail',
    finding: 'LAYOUT_EXPIRED',
  },
  {
    name: 'a verdict by a layout that another one replaced',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      await world.expectPass(build.digest);
      const payload = JSON.parse(JSON.stringify(policy({ readme: 'two scans' }).toPayload()));
      payload.steps[2].name = 'second-scan';
      const { signMetablock } = await import('../support/supply-chain.js');
      await world.putInForce(signMetablock(payload, world.owners));
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_MISSING',
  },
  {
    name: 'a layout with other rules, after which nothing was built',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.post(build.failingScan(), { run: '1' });
      await world.postSteps(build, ['checkout', 'build'], { run: '1' });
      await world.putInForce(signedPolicy({ readme: 'the same again' }));
      return build.digest;
    },
    expect: 'fail',
    finding: 'RULE_DISALLOWED',
  },
];
