import type { Layout } from '../metadata/layout.js';
import type { Link } from '../metadata/link.js';
import { comparedArtifacts, isEqualIn, matchEdges, type Side } from './match-edges.js';

/** Artifacts of one side of a step. */
export interface Unmatched {
  readonly step: string;
  readonly side: Side;
  readonly paths: readonly string[];
}

/**
 * Artifacts that came to MATCH rules of their step and that none of these found in the other steps. A rule after them may
 * allow them, so that the layout is satisfied; but in them the links may be of different builds. Throws WorkExceeded.
 */
export function unmatchedArtifacts(layout: Layout, links: ReadonlyMap<string, Link>): Unmatched[] {
  const edges = matchEdges(layout);
  return [...links].flatMap(([step, link]) =>
    (['materials', 'products'] as const).flatMap((side) => {
      const unmatched = new Set<string>();
      const matched = new Set<string>();
      for (const edge of edges.filter(({ from }) => from.step === step && from.side === side)) {
        const to = links.get(edge.to.step);
        for (const artifact of comparedArtifacts(edge, link)) {
          (to && isEqualIn(edge, to, artifact) ? matched : unmatched).add(artifact.path);
        }
      }
      const paths = [...unmatched].filter((path) => !matched.has(path));
      return paths.length > 0 ? [{ step, side, paths }] : [];
    }),
  );
}
