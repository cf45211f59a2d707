import { type Link, linkFileName, type MatchEdge, matchEdges, sameArtifacts } from '#in-toto/index.js';
import type { Build, Directory, EvidenceLink, Policy, RejectedLink, SignedLink } from './evidence.js';
import { type Choice, type FoundSet, mostConsistent } from './found-set.js';
import { distinctSignatures } from './met-signatures.js';
import { type AcceptedLink, isAccepted, screenLink } from './screen-link.js';
import { type Candidates, type TiedLinkSource, tiedCandidates } from './tied-candidates.js';

/** Sets of links looked at for one subject. A search that would need more says so. */
const SETS_AT_MOST = 64;

interface PartialSet {
  /** The link that anchors the subject. */
  readonly start: Choice;
  readonly chosen: ReadonlyMap<string, Choice>;
  /** Steps for which there is no link. */
  readonly absent: ReadonlySet<string>;
  /** Steps whose link agrees only in part with those chosen before. */
  readonly contradictions: number;
}

export interface ClosureResult {
  readonly build: Build;
  /** Digests whose appearance in another link may change the result. */
  readonly watch: readonly string[];
}

/**
 * Finds the build of an anchor that belongs to no run: from the anchoring links along the layout's own MATCH rules,
 * forwards and back, to links with equal artifacts at the paths that the rules say. A step that no rule ties to the
 * others gets no link, least of all the newest of its name. Every consistent set is returned, not the first.
 */
export async function searchClosure(
  policy: Policy,
  anchors: readonly EvidenceLink[],
  source: TiedLinkSource,
  anchorKeys: readonly Buffer[],
): Promise<ClosureResult> {
  const search = new ClosureSearch(policy, source, new Set(anchorKeys.map((key) => key.toString('hex'))));
  const accepted = anchors.map((link) => search.screen(link)).filter((link) => link !== undefined);
  const making = accepted.filter(({ step }) => policy.settings.anchorSteps?.includes(step) ?? true);
  for (const start of search.firstStepOf(making)) {
    const chosen = new Map([[start.step, start]]);
    await search.extend({ start, chosen, absent: new Set(), contradictions: 0 });
  }
  return search.result();
}

class ClosureSearch {
  private readonly edges: readonly MatchEdge[];
  private readonly found: FoundSet[] = [];
  private readonly rejected = new Map<string, RejectedLink>();
  private readonly screened = new Map<string, AcceptedLink | RejectedLink>();
  private readonly watch = new Set<string>();
  private limited = false;

  constructor(
    private readonly policy: Policy,
    private readonly source: TiedLinkSource,
    /** Hashes of products that speak of the subject. */
    private readonly subject: ReadonlySet<string>,
  ) {
    this.edges = matchEdges(policy.layout);
  }

  result(): ClosureResult {
    const directories = mostConsistent(this.found);
    const used = new Set(directories.flatMap((files) => [...files.values()].map(({ id }) => id)));
    return {
      build: {
        run: null,
        directories,
        earlier: [],
        displaced: [],
        rejected: [...this.rejected.values()].filter(({ id }) => !used.has(id)),
        met: distinctSignatures([...this.screened.values()].flatMap(({ met = [] }) => met)),
        conflicts: [],
        untied: this.untiedSteps(directories),
        limited: this.limited,
      },
      watch: [...this.watch],
    };
  }

  screen(link: EvidenceLink): AcceptedLink | undefined {
    const result = this.screened.get(link.id) ?? screenLink(this.policy, link);
    this.screened.set(link.id, result);
    if (isAccepted(result)) {
      return result;
    }
    this.rejected.set(link.id, result);
    return undefined;
  }

  /** The anchor is taken where it appears first in the layout; later steps that hand it on must be tied to that. */
  firstStepOf(accepted: readonly AcceptedLink[]): Choice[] {
    const first = this.policy.layout.steps.find(({ name }) => accepted.some(({ step }) => step === name));
    return first
      ? this.choicesOf(
          first.name,
          accepted.filter(({ step }) => step === first.name),
        )
      : [];
  }

  /** Fills one more step, by every candidate in turn; when no step is left that can be filled, the set is one. */
  async extend(set: PartialSet): Promise<void> {
    if (this.found.length >= SETS_AT_MOST) {
      this.limited = true;
      return;
    }
    const step = this.nextStep(set);
    if (step === undefined) {
      this.found.push({
        start: set.start,
        files: directoryOf(set.chosen),
        absent: set.absent.size,
        contradictions: set.contradictions,
      });
      return;
    }
    const { choices, full } = await this.candidatesFor(step, set.chosen);
    if (choices.length === 0) {
      return this.extend({ ...set, absent: new Set([...set.absent, step]) });
    }
    for (const choice of choices) {
      await this.extend({
        ...set,
        chosen: new Map([...set.chosen, [step, choice]]),
        contradictions: set.contradictions + (full ? 0 : 1),
      });
    }
  }

  private nextStep({ chosen, absent }: PartialSet): string | undefined {
    return this.policy.layout.steps.find(
      ({ name }) => !chosen.has(name) && !absent.has(name) && this.edgesBetween(name, chosen).length > 0,
    )?.name;
  }

  private edgesBetween(step: string, chosen: ReadonlyMap<string, Choice>): MatchEdge[] {
    return this.edges.filter(
      ({ from, to }) =>
        (from.step === step && chosen.has(to.step)) || (to.step === step && chosen.has(from.step)),
    );
  }

  private async candidatesFor(
    step: string,
    chosen: ReadonlyMap<string, Choice>,
  ): Promise<{ choices: Choice[]; full: boolean }> {
    const ties = this.edgesBetween(step, chosen).flatMap((edge) => {
      const known = chosen.get(edge.from.step === step ? edge.to.step : edge.from.step);
      return known ? [{ edge, known: known.link }] : [];
    });
    const screen = (link: EvidenceLink) => this.screen(link);
    const candidates: Candidates = await tiedCandidates(step, ties, this.source, screen, this.subject);
    this.limited ||= candidates.limited;
    for (const digest of candidates.watch) {
      this.watch.add(digest);
    }
    for (const { link, signers } of candidates.notTied) {
      const keyids = signers.map(({ signsAs }) => signsAs);
      this.rejected.set(link.id, { id: link.id, step, keyids, reason: 'NOT_TIED' });
    }
    return { choices: this.choicesOf(step, candidates.accepted), full: candidates.full };
  }

  /**
   * With a threshold above one, links that report the same artifacts stand together; otherwise each for itself. Files that
   * say the same in other bytes are one: anybody can write them.
   */
  private choicesOf(step: string, accepted: readonly AcceptedLink[]): Choice[] {
    const threshold = this.policy.layout.steps.find(({ name }) => name === step)?.threshold ?? 1;
    const choices: { step: string; accepted: AcceptedLink[]; link: Link }[] = [];
    for (const candidate of accepted) {
      const { payload } = candidate.link.metadata;
      if (payload.type !== 'link') {
        continue;
      }
      const { statement } = candidate.link;
      const same = choices.find(
        (choice) =>
          choice.accepted.some(({ link }) => link.statement === statement) ||
          (threshold > 1 && sameReport(choice.link, payload)),
      );
      if (same) {
        same.accepted.push(candidate);
      } else {
        choices.push({ step, accepted: [candidate], link: payload });
      }
    }
    return choices;
  }

  /** Steps that no chain of MATCH rules connects to a step that can be anchored: the layout itself leaves them loose. */
  private untiedSteps(directories: readonly Directory[]): string[] {
    const steps = this.policy.layout.steps.map(({ name }) => name);
    const names = directories.flatMap((files) => [...files.keys()]);
    const placed = new Set(names.map((name) => name.split('.').slice(0, -2).join('.')));
    const reached = new Set(steps.filter((step) => placed.has(step)));
    for (let grown = true; grown; ) {
      grown = false;
      for (const { from, to } of this.edges) {
        if (reached.has(from.step) !== reached.has(to.step)) {
          reached.add(from.step).add(to.step);
          grown = true;
        }
      }
    }
    return reached.size === 0 ? [] : steps.filter((step) => !reached.has(step));
  }
}

function sameReport(a: Link, b: Link): boolean {
  return sameArtifacts(a.materials, b.materials) && sameArtifacts(a.products, b.products);
}

function directoryOf(chosen: ReadonlyMap<string, Choice>): Directory {
  const files = new Map<string, SignedLink>();
  for (const { step, accepted } of chosen.values()) {
    for (const { link, signers } of [...accepted].sort(oldestFirst)) {
      for (const { listedAs, saidAt } of signers) {
        files.set(linkFileName(step, listedAs), { ...link, saidAt });
      }
    }
  }
  return files;
}

/** Copies of one link share their place; which of them stands must not depend on who asks. */
function oldestFirst(a: AcceptedLink, b: AcceptedLink): number {
  const [one, other] = [a.saidAt.seq, b.saidAt.seq];
  return one === other ? (a.link.id < b.link.id ? -1 : 1) : one < other ? -1 : 1;
}
