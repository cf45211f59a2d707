import { type Artifacts, type Hashes, hashesOf, pathsOf, sameHashes } from '../metadata/artifacts.js';
import type { Layout } from '../metadata/layout.js';
import type { Link } from '../metadata/link.js';
import { compileGlob } from '../rules/glob.js';
import { type ArtifactRule, type MatchRule, readRule } from '../rules/grammar.js';
import { applyRules } from '../rules/item-rules.js';
import { joinPrefix } from '../rules/paths.js';
import { type Work, WorkExceeded, workOf } from '../rules/work.js';

export type Side = 'materials' | 'products';

/** A MATCH rule between two steps: artifacts of the one must be those of the other. */
export interface MatchEdge {
  /** The step whose rule it is. */
  readonly from: { readonly step: string; readonly side: Side };
  readonly to: { readonly step: string; readonly side: Side };
  readonly rule: MatchRule;
  /** ALLOW, CREATE, DELETE and MODIFY before it: what they consume never comes to this rule. */
  readonly before: readonly ArtifactRule[];
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
            before: rules.slice(0, position).filter((_, at) => consumesAlone(read[at]?.type)),
            text: rules[position]?.join(' ') ?? '',
          },
        ];
      });
    }),
  );
}

/** MATCH needs the other link, too, and DISALLOW and REQUIRE consume nothing. */
function consumesAlone(type: string | undefined): boolean {
  return type === 'allow' || type === 'create' || type === 'delete' || type === 'modify';
}

/** Artifacts of the step that has the rule, which the rule compares; none where that is too much work. */
export function artifactsFrom(edge: MatchEdge, link: Link): EdgeArtifact[] {
  return orNone(() => comparedArtifacts(edge, link));
}

/** The same; throws WorkExceeded. */
export function comparedArtifacts(edge: MatchEdge, link: Link): EdgeArtifact[] {
  const { sourcePrefix, destinationPrefix } = edge.rule;
  const work = workOf(WORK);
  const queue = queueBefore(edge, link, work);
  return select(edge, link[edge.from.side], queue, sourcePrefix, destinationPrefix, work);
}

function queueBefore({ from: { side }, before }: MatchEdge, artifacts: Link, work: Work): readonly string[] {
  let queue = pathsOf(artifacts[side]);
  applyRules({ side, rules: before, artifacts, others: new Map() }, work, (left) => {
    queue = [...left];
  });
  return queue;
}

/** Artifacts of the step that the rule refers to, with which it compares; none where that is too much work. */
export function artifactsTo(edge: MatchEdge, link: Link): EdgeArtifact[] {
  const { sourcePrefix, destinationPrefix } = edge.rule;
  const artifacts = link[edge.to.side];
  return orNone(() =>
    select(edge, artifacts, pathsOf(artifacts), destinationPrefix, sourcePrefix, workOf(WORK)),
  );
}

/** An edge between two links: the one whose step has the rule, and the one that it refers to. */
export interface LinkedEdge {
  readonly edge: MatchEdge;
  readonly from: Link;
  readonly to: Link;
}

/** How far links agree: of the artifacts that come to the rules, how many some rule finds equal. */
export function agreement(linked: readonly LinkedEdge[]): {
  readonly compared: number;
  readonly equal: number;
} {
  const compared = new Set<string>();
  const equal = new Set<string>();
  for (const { edge, from, to } of linked) {
    for (const artifact of artifactsFrom(edge, from)) {
      const name = `${edge.from.side} ${artifact.path} of ${edge.from.step}`;
      compared.add(name);
      if (isEqualIn(edge, to, artifact)) equal.add(name);
    }
  }
  return { compared: compared.size, equal: equal.size };
}

/** Does the link that the rule refers to have the same at the path where the rule looks? */
export function isEqualIn(edge: MatchEdge, to: Link, { otherPath, hashes }: EdgeArtifact): boolean {
  const there = hashesOf(to[edge.to.side], otherPath);
  return there !== undefined && sameHashes(hashes, there);
}

/** Characters compared at most for one link and rule; a link beyond it ties nothing. */
const WORK = 50_000_000;

function orNone(find: () => EdgeArtifact[]): EdgeArtifact[] {
  try {
    return find();
  } catch (error) {
    if (error instanceof WorkExceeded) return [];
    throw error;
  }
}

function select(
  edge: MatchEdge,
  artifacts: Artifacts,
  queue: readonly string[],
  prefix: string,
  otherPrefix: string,
  work: Work,
): EdgeArtifact[] {
  const glob = compileGlob(edge.rule.pattern);
  const directory = prefix === '' ? '' : joinPrefix(prefix, '');
  return queue.flatMap((path) => {
    const hashes = hashesOf(artifacts, path);
    const rest = path.slice(directory.length);
    return hashes !== undefined && path.startsWith(directory) && glob(rest, work)
      ? [{ path, otherPath: joinPrefix(otherPrefix, rest), hashes }]
      : [];
  });
}
