import type { StepName } from './pipeline.js';
import type { Ending, Scenario } from './scenario.js';

const STEPS: readonly StepName[] = ['checkout', 'build', 'scan'];

/** Two steps of Monday's build, completed by the third of Tuesday's. Both builds are sound. */
function mixed(stranger: StepName, run: string | undefined, expect: Ending, finding: string): Scenario {
  const own = STEPS.filter((step) => step !== stranger);
  return {
    name: `${own.join(' and ')} of one build, ${stranger} of another, ${run ? 'in one run' : 'without a run'}`,
    story: async (world) => {
      await world.found();
      const [monday, tuesday] = [world.build('monday'), world.build('tuesday')];
      for (const step of STEPS) {
        await world.post((step === stranger ? tuesday : monday).link(step), run ? { run } : {});
      }
      return (stranger === 'build' ? tuesday : monday).digest;
    },
    expect,
    finding,
  };
}

/** Monday's build is complete; of Tuesday's only these steps were posted, each under a run of its own or none. */
function borrowed(posted: readonly StepName[], run: string | undefined, expect: Ending): Scenario {
  return {
    name: `${posted.join(' and ')} beside a complete other build, ${run ? 'in its run' : 'without a run'}`,
    story: async (world) => {
      await world.found();
      const [monday, tuesday] = [world.build('monday'), world.build('tuesday')];
      await world.postBuild(monday, run ? { run } : {});
      await world.postSteps(tuesday, posted, run ? { run: 'tuesday' } : {});
      return tuesday.digest;
    },
    expect,
  };
}

export const mixing: readonly Scenario[] = [
  mixed('checkout', 'mixed', 'fail', 'RULE_DISALLOWED'),
  mixed('build', 'mixed', 'fail', 'RULE_DISALLOWED'),
  mixed('scan', 'mixed', 'fail', 'RULE_DISALLOWED'),
  mixed('checkout', undefined, 'fail', 'RULE_DISALLOWED'),
  mixed('build', undefined, 'pending', 'LINK_MISSING'),
  mixed('scan', undefined, 'pending', 'LINK_MISSING'),
  borrowed(['build'], 'monday', 'pending'),
  borrowed(['build'], undefined, 'pending'),
  borrowed(['checkout', 'build'], 'monday', 'pending'),
  borrowed(['checkout', 'build'], undefined, 'pending'),
  borrowed(['build', 'scan'], 'monday', 'pending'),
  borrowed(['build', 'scan'], undefined, 'fail'),
  {
    name: 'a link of a run is not borrowed by a build that names none',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postSteps(build, ['scan'], { run: '1' });
      await world.postSteps(build, ['checkout', 'build']);
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_MISSING',
  },
  {
    name: 'a loose link is not borrowed by a run',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postSteps(build, ['scan']);
      await world.postSteps(build, ['checkout', 'build'], { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_MISSING',
  },
  {
    name: 'a scan of the other image in the run of two images',
    story: async (world) => {
      await world.found();
      const [web, worker] = [world.build('web'), world.build('worker')];
      await world.postSteps(web, ['checkout', 'build'], { run: '1' });
      await world.postSteps(worker, ['scan'], { run: '1' });
      return web.digest;
    },
    expect: 'fail',
    finding: 'RULE_DISALLOWED',
  },
];
