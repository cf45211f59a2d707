import { type Artifacts, type Hashes, hashesOf, pathsOf, sameHashes } from '../metadata/artifacts.js';
import { compileGlob } from './glob.js';
import { type ArtifactRule, type Rule, readRule } from './grammar.js';
import { withoutMatches } from './match-rule.js';
import type { Work } from './work.js';

/** What rules look at: materials and products of a step or inspection. */
export interface ItemArtifacts {
  readonly materials: Artifacts;
  readonly products: Artifacts;
}

export interface ItemRules {
  readonly side: 'materials' | 'products';
  readonly rules: readonly ArtifactRule[];
  readonly artifacts: ItemArtifacts;
  /** What MATCH … FROM may name. */
  readonly others: ReadonlyMap<string, ItemArtifacts>;
}

/** Why a list of rules fails, and the artifacts that were still in the queue then. */
export interface RuleFailure {
  readonly kind: 'DISALLOWED' | 'REQUIRED';
  readonly index: number;
  readonly rule: Rule;
  /** Disallowed artifacts, or the one that is required. */
  readonly paths: readonly string[];
  readonly queue: readonly string[];
}

/**
 * Applies the rules of one side of an item, in order, like a firewall (in-toto 1.0 §4.3.3.2): all paths are queued, rules
 * consume what they speak of, and only DISALLOW and REQUIRE can fail. What is left over is allowed.
 *
 * Calls `afterRule` with the queue that each rule has left. Throws InTotoError for a malformed rule, UnresolvablePath, WorkExceeded.
 */
export function applyRules(
  { side, rules, artifacts, others }: ItemRules,
  work: Work,
  afterRule?: (queue: readonly string[]) => void,
): RuleFailure | undefined {
  let queue: readonly string[] = pathsOf(artifacts[side]);
  for (const [index, written] of rules.entries()) {
    const rule = readRule(written);
    work.spend(queue.length + 1);
    const failing = failingPaths(rule, queue, artifacts[side], work);
    if (failing !== undefined) {
      return {
        kind: rule.type === 'require' ? 'REQUIRED' : 'DISALLOWED',
        index,
        rule,
        paths: failing,
        queue,
      };
    }
    queue = unconsumed(rule, queue, { side, artifacts, others }, work);
    afterRule?.(queue);
  }
  return undefined;
}

/** DISALLOW fails for queued paths that match; REQUIRE fails unless exactly that path is queued (it is no pattern). */
function failingPaths(
  rule: Rule,
  queue: readonly string[],
  artifacts: Artifacts,
  work: Work,
): readonly string[] | undefined {
  if (rule.type === 'require') {
    return hashesOf(artifacts, rule.pattern) && queue.includes(rule.pattern) ? undefined : [rule.pattern];
  }
  if (rule.type !== 'disallow') return undefined;
  const glob = compileGlob(rule.pattern);
  const disallowed = queue.filter((path) => glob(path, work));
  return disallowed.length > 0 ? disallowed : undefined;
}

function unconsumed(
  rule: Rule,
  queue: readonly string[],
  { side, artifacts, others }: Omit<ItemRules, 'rules'>,
  work: Work,
): readonly string[] {
  switch (rule.type) {
    case 'match': {
      const destination = others.get(rule.destinationName)?.[rule.destinationType];
      return destination ? withoutMatches(rule, queue, artifacts[side], destination, work) : queue;
    }
    case 'allow':
      return without(queue, rule.pattern, () => true, work);
    // What is queued is on this side: the other one decides.
    case 'create': {
      const isCreated = (path: string) => hashesOf(artifacts.materials, path) === undefined;
      return side === 'products' ? without(queue, rule.pattern, isCreated, work) : queue;
    }
    case 'delete': {
      const isDeleted = (path: string) => hashesOf(artifacts.products, path) === undefined;
      return side === 'materials' ? without(queue, rule.pattern, isDeleted, work) : queue;
    }
    case 'modify':
      return without(queue, rule.pattern, (path) => isModified(path, artifacts), work);
    default:
      return queue;
  }
}

function without(
  queue: readonly string[],
  pattern: string,
  consumes: (path: string) => boolean,
  work: Work,
): readonly string[] {
  const glob = compileGlob(pattern);
  return queue.filter((path) => !(glob(path, work) && consumes(path)));
}

function isModified(path: string, { materials, products }: ItemArtifacts): boolean {
  const [before, after]: (Hashes | undefined)[] = [hashesOf(materials, path), hashesOf(products, path)];
  return before !== undefined && after !== undefined && !sameHashes(before, after);
}
