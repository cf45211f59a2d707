import type { Link } from '#in-toto/index.js';
import type { Directory } from './evidence.js';
import type { AcceptedLink } from './screen-link.js';

/** Links chosen for one step: one, or for a threshold above one all that agree. */
export interface Choice {
  readonly step: string;
  readonly accepted: readonly AcceptedLink[];
  /** What the other steps are compared with. */
  readonly link: Link;
}

/** A set of links to which no step can be added. */
export interface FoundSet {
  readonly start: Choice;
  readonly files: Directory;
  readonly absent: number;
  readonly contradictions: number;
}

/**
 * Of the sets around one anchoring link, those that agree throughout come before those that do not. An anchoring link that
 * agrees with nothing is not covered by another: it says of the subject what it says. What is complete comes first.
 */
export function mostConsistent(found: readonly FoundSet[]): Directory[] {
  const best = found.filter(({ start, contradictions }) =>
    found.every((other) => other.start !== start || other.contradictions >= contradictions),
  );
  const fewest = Math.min(...best.map(({ absent }) => absent));
  return best.filter(({ absent }) => absent === fewest).map(({ files }) => files);
}
