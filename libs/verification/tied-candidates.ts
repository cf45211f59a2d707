import {
  agreement,
  artifactsFrom,
  artifactsTo,
  type Link,
  type MatchEdge,
  type Side,
} from '#in-toto/index.js';
import type { EvidenceLink } from './evidence.js';
import type { AcceptedLink } from './screen-link.js';

/** Where links without a run are found by what they record. */
export interface TiedLinkSource {
  /** For each digest (hexadecimal) the newest links of the step that have it on this side, at most LINKS_PER_DIGEST. */
  find(
    step: string,
    side: Side,
    digests: readonly string[],
  ): Promise<ReadonlyMap<string, readonly LinkRef[]>>;
  load(ref: LinkRef): Promise<EvidenceLink>;
}

export interface LinkRef {
  readonly id: string;
  readonly seq: bigint;
}

/** A rule between the step that is looked for and one that is chosen already. */
export interface Tie {
  readonly edge: MatchEdge;
  readonly known: Link;
}

export interface Candidates {
  /** Equally well tied to the links chosen so far; better than all others that were seen. */
  readonly accepted: readonly AcceptedLink[];
  /** Accepted as such, but less tied. */
  readonly notTied: readonly AcceptedLink[];
  /** They agree with everything that the rules compare. */
  readonly full: boolean;
  /** There may be others, just as well tied, that were not seen. */
  readonly limited: boolean;
  /** Digests by which a link that comes later would be tied. */
  readonly watch: readonly string[];
}

/** Links sharing one digest that are looked at. A digest that more links share tells nothing apart. */
export const LINKS_PER_DIGEST = 32;
/** Links of one step that are read and compared. */
const CANDIDATES_AT_MOST = 64;
/** Equally tied links of one step that the search follows. */
const CHOICES_AT_MOST = 8;
/** Of the digests of one rule, those that are watched: the rarest, since what everybody has tells nothing. */
const WATCHED_PER_TIE = 8;

/**
 * The links of a step that have the artifacts which the rules compare with what is chosen already. The rarest digests
 * are followed first: the true link has every one of them, so the one that fewest links share finds it among few.
 */
export async function tiedCandidates(
  step: string,
  ties: readonly Tie[],
  source: TiedLinkSource,
  screen: (link: EvidenceLink) => AcceptedLink | undefined,
): Promise<Candidates> {
  const found = new Map<string, LinkRef>();
  const watch: string[] = [];
  let complete = false;
  for (const { edge, known } of ties) {
    const wanted = wantedDigests(step, { edge, known });
    const side = edge.from.step === step ? edge.from.side : edge.to.side;
    const byDigest =
      wanted.length === 0 ? new Map<string, readonly LinkRef[]>() : await source.find(step, side, wanted);
    const rarestFirst = wanted
      .map((digest) => ({ digest, links: byDigest.get(digest) ?? [] }))
      .sort((a, b) => a.links.length - b.links.length);
    watch.push(...rarestFirst.slice(0, WATCHED_PER_TIE).map(({ digest }) => digest));
    complete ||= wanted.length > 0 && (rarestFirst[0]?.links.length ?? 0) < LINKS_PER_DIGEST;
    for (const ref of rarestFirst.flatMap(({ links }) => links)) {
      if (found.size < CANDIDATES_AT_MOST) {
        found.set(ref.id, ref);
      }
    }
  }
  const links = await Promise.all([...found.values()].map((ref) => source.load(ref)));
  const accepted = links.map(screen).filter((link) => link !== undefined);
  return { ...bestTied(ties, step, accepted, complete || found.size === 0), watch };
}

function wantedDigests(step: string, { edge, known }: Tie): string[] {
  const artifacts = edge.from.step === step ? artifactsTo(edge, known) : artifactsFrom(edge, known);
  return [
    ...new Set(artifacts.flatMap(({ hashes }) => (hashes.sha256 ? [hashes.sha256.toLowerCase()] : []))),
  ];
}

/**
 * Links that agree with everything compared come before those that agree with some of it: a step that was tampered with
 * still finds its partner, and the verification then says what differs. The search is complete when whatever agrees
 * fully must have been seen.
 */
function bestTied(
  ties: readonly Tie[],
  step: string,
  accepted: readonly AcceptedLink[],
  complete: boolean,
): Omit<Candidates, 'watch'> {
  const measured = accepted
    .map((candidate) => ({ candidate, ...measure(ties, step, candidate) }))
    .filter(({ equal }) => equal > 0);
  const full = measured.filter(({ compared, equal }) => equal === compared);
  const most = Math.max(0, ...(full.length > 0 ? full : measured).map(({ equal }) => equal));
  const best = (full.length > 0 ? full : measured).filter(({ equal }) => equal === most);
  const chosen = best.slice(0, CHOICES_AT_MOST).map(({ candidate }) => candidate);
  return {
    accepted: chosen,
    full: full.length > 0,
    notTied: measured.map(({ candidate }) => candidate).filter((candidate) => !chosen.includes(candidate)),
    limited: best.length > CHOICES_AT_MOST || !complete,
  };
}

function measure(
  ties: readonly Tie[],
  step: string,
  { link }: AcceptedLink,
): { compared: number; equal: number } {
  const { payload } = link.metadata;
  let compared = 0;
  let equal = 0;
  if (payload.type === 'link') {
    for (const { edge, known } of ties) {
      const along =
        edge.from.step === step ? agreement(edge, payload, known) : agreement(edge, known, payload);
      compared += along.compared;
      equal += along.equal;
    }
  }
  return { compared, equal };
}
