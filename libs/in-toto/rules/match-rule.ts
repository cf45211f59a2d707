import { type Artifacts, hashesOf, sameHashes } from '../metadata/artifacts.js';
import { compileGlob } from './glob.js';
import type { MatchRule } from './grammar.js';
import { joinPrefix } from './paths.js';
import type { Work } from './work.js';

/** A prefixed MATCH met a path that, joined again with its prefix, names no artifact. The reference breaks off there. */
export class UnresolvablePath extends Error {
  override readonly name = 'UnresolvablePath';

  constructor(readonly path: string) {
    super(path);
  }
}

/**
 * MATCH (in-toto 1.0 §4.3.3): paths of the queue that match the pattern below the source prefix and have an equal
 * artifact below the destination prefix. Returns the consumed paths. Prefixes are literal, the pattern applies to the rest.
 */
export function matchedPaths(
  rule: MatchRule,
  queue: readonly string[],
  source: Artifacts,
  destination: Artifacts,
  work: Work,
): Set<string> {
  const glob = compileGlob(rule.pattern);
  const consumed = new Set<string>();
  for (const rest of belowPrefix(rule.sourcePrefix, queue)) {
    if (!glob(rest, work)) continue;
    const path = joinPrefix(rule.sourcePrefix, rest);
    const hashes = hashesOf(source, path);
    if (hashes === undefined) throw new UnresolvablePath(path);
    const other = hashesOf(destination, joinPrefix(rule.destinationPrefix, rest));
    if (other !== undefined && sameHashes(hashes, other)) consumed.add(path);
  }
  return consumed;
}

function belowPrefix(prefix: string, queue: readonly string[]): readonly string[] {
  if (prefix === '') return queue;
  const directory = joinPrefix(prefix, '');
  return queue.filter((path) => path.startsWith(directory)).map((path) => path.slice(directory.length));
}
