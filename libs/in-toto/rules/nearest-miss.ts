import {
  type Artifacts,
  describeHashes,
  type Hashes,
  hashesOf,
  pathsOf,
  sameHashes,
} from '../metadata/artifacts.js';
import { compileGlob } from './glob.js';
import { type MatchRule, type Rule, readRule } from './grammar.js';
import type { ItemArtifacts, ItemRules } from './item-rules.js';
import { joinPrefix } from './paths.js';
import { editDistance, mostSimilar } from './similar.js';
import type { Work } from './work.js';

/** What came closest to consuming an artifact, and why it did not. */
export interface NearestMiss {
  readonly text: string;
  readonly expected?: readonly string[];
  readonly found?: readonly string[];
}

interface Candidate extends NearestMiss {
  /** Lower is closer. */
  readonly rank: number;
}

/**
 * Rules whose pattern misses come after those whose pattern matches, by their distance from the path: first those that
 * match nothing at all, which are most likely meant for it, last those that cannot consume anything on this side.
 */
const MATCHES_NOTHING = 10;
const MATCHES_OTHERS = 10_000;
const CANNOT_CONSUME = 20_000;

/**
 * Why none of the rules before the failing one has consumed the path: the one that came closest. For people, so it may
 * look at more than the verdict needed.
 */
export function nearestMiss(
  path: string,
  failing: number,
  rules: ItemRules,
  work: Work,
): NearestMiss | undefined {
  let best: Candidate | undefined;
  for (const written of rules.rules.slice(0, failing)) {
    const candidate = miss(path, readRule(written), written.join(' '), rules, work);
    if (candidate && candidate.rank < (best?.rank ?? Number.POSITIVE_INFINITY)) best = candidate;
  }
  return best;
}

function miss(path: string, rule: Rule, text: string, rules: ItemRules, work: Work): Candidate | undefined {
  switch (rule.type) {
    case 'match':
      return missedMatch(path, rule, text, rules, work);
    case 'create':
    case 'delete':
    case 'modify':
    case 'allow':
      return compileGlob(rule.pattern)(path, work)
        ? { rank: 4, text: `"${text}" matches the path, but ${CONDITIONS[rule.type](path, rules.artifacts)}` }
        : missedPattern(path, rule.pattern, text, rules, work);
    default:
      return undefined;
  }
}

const CONDITIONS = {
  create: (path: string, { products }: ItemArtifacts) =>
    Object.hasOwn(products, path)
      ? 'it was there before, among the materials'
      : 'it is not among the products',
  delete: (path: string, { materials }: ItemArtifacts) =>
    Object.hasOwn(materials, path)
      ? 'it is still there, among the products'
      : 'it is not among the materials',
  modify: (path: string, { materials, products }: ItemArtifacts) =>
    Object.hasOwn(materials, path) && Object.hasOwn(products, path)
      ? 'its hashes are the same in materials and products'
      : 'it is not among both materials and products',
  allow: () => 'it has been consumed',
};

function missedMatch(path: string, rule: MatchRule, text: string, rules: ItemRules, work: Work): Candidate {
  const directory = rule.sourcePrefix === '' ? '' : joinPrefix(rule.sourcePrefix, '');
  const rest = path.slice(directory.length);
  if (!path.startsWith(directory) || !compileGlob(rule.pattern)(rest, work)) {
    return missedPattern(path, directory + rule.pattern, text, rules, work);
  }
  const where = `the ${rule.destinationType} of "${rule.destinationName}"`;
  const destination = rules.others.get(rule.destinationName)?.[rule.destinationType];
  if (destination === undefined) {
    return { rank: 3, text: `"${text}" matches the path, but there is no step "${rule.destinationName}"` };
  }
  const hashes = hashesOf(rules.artifacts[rules.side], path) ?? {};
  const wanted = joinPrefix(rule.destinationPrefix, rest);
  const other = hashesOf(destination, wanted);
  if (other !== undefined) {
    const [expected, found] = [describeHashes(other), describeHashes(hashes)];
    return {
      rank: 1,
      text: `"${text}" matches the path, but the hash differs from "${wanted}" in ${where}: ${found} here, ${expected} there`,
      expected: [expected],
      found: [found],
    };
  }
  return {
    rank: 2,
    text: `"${text}" matches the path, but ${where} have no "${wanted}"${elsewhere(hashes, wanted, destination, work)}`,
  };
}

/** The same content under another path, else a path that looks alike. */
function elsewhere(hashes: Hashes, wanted: string, destination: Artifacts, work: Work): string {
  const paths = pathsOf(destination);
  work.spend(paths.length);
  const moved = paths.find((path) => sameHashes(hashes, destination[path] ?? {}));
  if (moved !== undefined) return `; the same content is there as "${moved}"`;
  const similar = mostSimilar(wanted, paths);
  return similar === undefined ? '' : `; there is "${similar}"`;
}

function missedPattern(
  path: string,
  pattern: string,
  text: string,
  { side, artifacts }: ItemRules,
  work: Work,
): Candidate {
  const glob = compileGlob(pattern);
  const paths = pathsOf(artifacts[side]);
  work.spend(paths.length);
  const isIdle = !paths.some((other) => glob(other, work));
  const cannotConsume = text.toLowerCase().startsWith(side === 'materials' ? 'create ' : 'delete ');
  const rank = cannotConsume ? CANNOT_CONSUME : isIdle ? MATCHES_NOTHING : MATCHES_OTHERS;
  const literal = pattern.replaceAll('*', '');
  const distance = Math.min(...[literal, pattern].map((other) => editDistance(path, other, path.length + 1)));
  return {
    rank: rank + distance,
    text: `"${text}" ${isIdle ? `matches none of the ${side}` : 'does not match the path'}`,
  };
}
