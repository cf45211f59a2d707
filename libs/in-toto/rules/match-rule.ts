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
 * MATCH (in-toto 1.0 §4.3.3): consumes paths of the queue that match the pattern below the source prefix and have an equal
 * artifact below the destination prefix; returns the others. Prefixes are literal, the pattern applies to the rest.
 */
export function withoutMatches(
  rule: MatchRule,
  queue: readonly string[],
  source: Artifacts,
  destination: Artifacts,
  work: Work,
): readonly string[] {
  const glob = compileGlob(rule.pattern);
  const directory = rule.sourcePrefix === '' ? '' : joinPrefix(rule.sourcePrefix, '');
  /** Consumed, though not by the path that is queued: joining a prefix and a path can lead to another one. */
  const strays = new Set<string>();
  const left = queue.filter((queued) => {
    if (directory !== '' && !queued.startsWith(directory)) return true;
    const rest = directory === '' ? queued : queued.slice(directory.length);
    if (!glob(rest, work)) return true;
    const path = joinPrefix(rule.sourcePrefix, rest);
    const hashes = hashesOf(source, path);
    if (hashes === undefined) throw new UnresolvablePath(path);
    const other = hashesOf(destination, joinPrefix(rule.destinationPrefix, rest));
    if (other === undefined || !sameHashes(hashes, other)) return true;
    if (path !== queued) strays.add(path);
    return path !== queued;
  });
  return strays.size === 0 ? left : left.filter((path) => !strays.has(path));
}
