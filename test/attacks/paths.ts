import type { Contents } from '../support/supply-chain.js';
import { alice, type Build, bob } from './pipeline.js';
import type { Ending, Scenario } from './scenario.js';

/** Between checkout and build, a file comes or changes under a path that looks like another. */
function shadowed(
  name: string,
  change: (build: Build) => { checkedOut: Contents; built: Contents },
  run: string | undefined,
  expect: Ending = 'fail',
  finding = 'RULE_DISALLOWED',
): Scenario {
  return {
    name,
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      const { checkedOut, built } = change(build);
      const posting = run ? { run } : {};
      await world.post(build.sign('checkout', alice, {}, checkedOut), posting);
      await world.post(build.sign('build', bob, built, { ...built, ...build.digestFile }), posting);
      await world.post(build.link('scan'), posting);
      return build.digest;
    },
    expect,
    finding,
  };
}

const adds = (path: string) => (build: Build) => ({
  checkedOut: build.sources,
  built: { ...build.sources, [path]: 'planted' },
});

/** The one spelling is checked out, the other with different content is built. */
const differs = (checkedOut: string, built: string) => (build: Build) => ({
  checkedOut: { ...build.sources, [checkedOut]: 'reviewed' },
  built: { ...build.sources, [built]: 'planted' },
});

export const paths: readonly Scenario[] = [
  shadowed(
    'a file changed between checkout and build',
    (build) => ({
      checkedOut: build.sources,
      built: { ...build.sources, 'src/main.c': 'planted' },
    }),
    '1',
  ),
  shadowed(
    'a file changed between checkout and build, without a run',
    (build) => ({
      checkedOut: build.sources,
      built: { ...build.sources, 'src/main.c': 'planted' },
    }),
    undefined,
  ),
  shadowed('src/./main.c beside src/main.c', adds('src/./main.c'), '1'),
  shadowed('./src/main.c beside src/main.c', adds('./src/main.c'), '1'),
  shadowed('src//main.c beside src/main.c', adds('src//main.c'), '1'),
  shadowed('src/../src/main.c beside src/main.c', adds('src/../src/main.c'), '1'),
  shadowed('src\\main.c beside src/main.c', adds('src\\main.c'), '1'),
  shadowed('SRC/main.c beside src/main.c', adds('SRC/main.c'), '1'),
  shadowed('an absolute path to the same file', adds('/src/main.c'), '1'),
  shadowed('a path with another look-alike letter', adds('src/m\u0430in.c'), '1'),
  shadowed('a path with an invisible character', adds('src/main\u200b.c'), '1'),
  shadowed('a path with a line break', adds('src/main.c\n'), '1'),
  shadowed(
    'é composed at checkout, decomposed at build',
    differs('src/caf\u00e9.c', 'src/cafe\u0301.c'),
    '1',
  ),
  shadowed(
    'é decomposed at checkout, composed at build',
    differs('src/cafe\u0301.c', 'src/caf\u00e9.c'),
    '1',
  ),
  shadowed('the prototype as a path', adds('src/__proto__'), '1'),
  shadowed(
    '__proto__ as a path',
    (build) => ({
      checkedOut: build.sources,
      built: JSON.parse(JSON.stringify({ ...build.sources }).replace('{', '{"__proto__":"planted",')),
    }),
    '1',
  ),
  shadowed('constructor as a path', adds('constructor'), '1'),
  shadowed('a path of glob characters', adds('src/[m]ain.c'), '1'),
];
