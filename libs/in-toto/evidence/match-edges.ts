import { type Artifacts, type Hashes, hashesOf, sameHashes } from '../metadata/artifacts.js';
import type { Layout } from '../metadata/layout.js';
import type { Link } from '../metadata/link.js';
import { compileGlob } from '../rules/glob.js';
import { type MatchRule, readRule } from '../rules/grammar.js';
import { joinPrefix } from '../rules/paths.js';
import { WorkExceeded, workOf } from '../rules/work.js';

export type Side = 'materials' | 'products';

/** A MATCH rule between two steps: artifacts of the one must be those of the other. */
export interface MatchEdge {
  /** The step whose rule it is. */
  readonly from: { readonly step: string; readonly side: Side };
  readonly to: { readonly step: string; readonly side: Side };
  readonly rule: MatchRule;
  /** Patterns of the ALLOW rules before it: what they match never comes to this rule. */
  readonly allowed: readonly string[];
  readonly text: string;
}

/** An artifact that an edge looks at: its path on this side, the path it must have on the other, its hashes. */
export interface EdgeArtifact {
  readonly path: string;
  readonly otherPath: string;
  readonly hashes: Hashes;
}

/** The edges between the steps of a layout. Rules of and about inspections tie no links together. */
export function matchEdges(layout: Layout): MatchEdge[] {
  const steps = new Set(layout.steps.map(({ name }) => name));
  return layout.steps.flatMap((step) =>
    (['materials', 'products'] as const).flatMap((side) => {
      const rules = side === 'materials' ? step.expectedMaterials : step.expectedProducts;
      const read = rules.map((words) => readRule([...words]));
      return read.flatMap((rule, position) => {
        if (rule.type !== 'match' || !steps.has(rule.destinationName) || rule.destinationName === step.name) {
          return [];
        }
        return [
          {
            from: { step: step.name, side },
            to: { step: rule.destinationName, side: rule.destinationType },
            rule,
            allowed: read
              .slice(0, position)
              .flatMap(({ type, pattern }) => (type === 'allow' ? [pattern] : [])),
            text: rules[position]?.join(' ') ?? '',
          },
        ];
      });
    }),
  );
}

/** Artifacts of the step that has the rule, which the rule compares. */
export function artifactsFrom(edge: MatchEdge, link: Link): EdgeArtifact[] {
  const { sourcePrefix, destinationPrefix } = edge.rule;
  return select(edge, link[edge.from.side], sourcePrefix, destinationPrefix, edge.allowed);
}

/** Artifacts of the step that the rule refers to, with which it compares. */
export function artifactsTo(edge: MatchEdge, link: Link): EdgeArtifact[] {
  const { sourcePrefix, destinationPrefix } = edge.rule;
  return select(edge, link[edge.to.side], destinationPrefix, sourcePrefix);
}

/** How far two links agree along an edge: of the artifacts that the rule compares, how many are equal. */
export function agreement(
  edge: MatchEdge,
  from: Link,
  to: Link,
): { readonly compared: number; readonly equal: number } {
  const compared = artifactsFrom(edge, from);
  const other = to[edge.to.side];
  const equal = compared.filter(({ otherPath, hashes }) => {
    const there = hashesOf(other, otherPath);
    return there !== undefined && sameHashes(hashes, there);
  });
  return { compared: compared.length, equal: equal.length };
}

/** Characters compared at most for one link and rule; a link beyond it ties nothing. */
const WORK = 50_000_000;

function select(
  edge: MatchEdge,
  artifacts: Artifacts,
  prefix: string,
  otherPrefix: string,
  allowed: readonly string[] = [],
): EdgeArtifact[] {
  const glob = compileGlob(edge.rule.pattern);
  const consumed = allowed.map(compileGlob);
  const directory = prefix === '' ? '' : joinPrefix(prefix, '');
  const work = workOf(WORK);
  const selected: EdgeArtifact[] = [];
  try {
    for (const path in artifacts) {
      const hashes = hashesOf(artifacts, path);
      if (hashes === undefined || !path.startsWith(directory)) continue;
      const rest = path.slice(directory.length);
      if (!glob(rest, work) || consumed.some((matches) => matches(path, work))) continue;
      selected.push({ path, otherPath: joinPrefix(otherPrefix, rest), hashes });
    }
  } catch (error) {
    if (error instanceof WorkExceeded) return [];
    throw error;
  }
  return selected;
}
