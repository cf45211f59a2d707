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
  load(refs: readonly LinkRef[]): Promise<readonly EvidenceLink[]>;
}

/** Names one file of the source, and no other. */
export type LinkRef = string;

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
/** Links of one step that are read and compared: a few first, and the others where these do not decide. */
const FIRST_LOOK = 4;
const CANDIDATES_AT_MOST = 64;
/** Equally tied links of one step that the search follows, whatever copies there are of each. */
const CHOICES_AT_MOST = 8;
/** Digests of one rule that are watched at most, the rarest first. Those that many links share are not: they tell nothing. */
const WATCHED_PER_TIE = 1_024;

/**
 * The links of a step that have the artifacts which the rules compare with what is chosen already. The rarest digests
 * of all rules are followed first: the one that fewest links share finds the true link among few.
 */
export async function tiedCandidates(
  step: string,
  ties: readonly Tie[],
  source: TiedLinkSource,
  screen: (link: EvidenceLink) => AcceptedLink | undefined,
  subject: ReadonlySet<string>,
): Promise<Candidates> {
  const lookups = (await Promise.all(ties.map((tie) => lookUp(step, tie, source)))).flat();
  lookups.sort((a, b) => a.links.length - b.links.length);
  const found = [...new Set(lookups.flatMap(({ links }) => links))].slice(0, CANDIDATES_AT_MOST);
  const look = async (refs: readonly LinkRef[]): Promise<AcceptedLink[]> => {
    const links = refs.length > 0 ? await source.load(refs) : [];
    return links.map(screen).filter((link) => link !== undefined);
  };
  const best = (accepted: readonly AcceptedLink[], refs: readonly LinkRef[]) =>
    bestTied(ties, step, accepted, unseenAgreement(step, lookups, new Set(refs)), subject);

  const aboutSubject = lookups.filter(({ digest }) => subject.has(digest));
  const speaking = new Set(aboutSubject.flatMap(({ links }) => links));
  const few = found.filter((ref, position) => position < FIRST_LOOK || speaking.has(ref));
  const accepted = await look(few);
  const first = best(accepted, few);
  const decided = first.full && !first.limited;
  const others = found.filter((ref) => !few.includes(ref));
  const all = decided ? first : best([...accepted, ...(await look(others))], found);
  const unheard = aboutSubject.some(
    ({ links }) => links.length >= LINKS_PER_DIGEST || links.some((ref) => !few.includes(ref)),
  );
  return { ...all, limited: all.limited || unheard, watch: watched(ties, lookups) };
}

/** A link with one of these digests, should it come, would have to be looked at. */
function watched(ties: readonly Tie[], lookups: readonly Lookup[]): string[] {
  const rare = lookups.filter(({ links }) => links.length < LINKS_PER_DIGEST);
  return ties
    .flatMap((tie) => rare.filter((lookup) => lookup.tie === tie).slice(0, WATCHED_PER_TIE))
    .map(({ digest }) => digest);
}

/** What the index has for one of the digests that a rule compares. */
interface Lookup {
  readonly tie: Tie;
  readonly digest: string;
  /** Artifacts of the known link that have it. */
  readonly artifacts: number;
  readonly links: readonly LinkRef[];
}

async function lookUp(step: string, tie: Tie, source: TiedLinkSource): Promise<Lookup[]> {
  const { edge } = tie;
  const wanted = wantedDigests(step, tie);
  if (wanted.size === 0) {
    return [];
  }
  const side = edge.from.step === step ? edge.from.side : edge.to.side;
  const byDigest = await source.find(step, side, [...wanted.keys()]);
  return [...wanted].map(([digest, artifacts]) => ({
    tie,
    digest,
    artifacts,
    links: byDigest.get(digest) ?? [],
  }));
}

/**
 * In how many artifacts a link that was not seen may agree, and in everything that the rules compare. A link that a rule
 * refers to must have all artifacts of the known one, so none is unseen once all links with one of them were seen. A link
 * that has the rule may have used but some of them: those that too many links share.
 */
function unseenAgreement(step: string, lookups: readonly Lookup[], seen: ReadonlySet<LinkRef>): number {
  const isUnseen = ({ links }: Lookup) =>
    links.length >= LINKS_PER_DIGEST || links.some((ref) => !seen.has(ref));
  const needsAll = lookups.filter(({ tie }) => tie.edge.to.step === step);
  return needsAll.some((lookup) => !isUnseen(lookup))
    ? 0
    : lookups.filter(isUnseen).reduce((sum, { artifacts }) => sum + artifacts, 0);
}

/** The digests that a link of the step should have by the rule, and how many artifacts have each. */
function wantedDigests(step: string, { edge, known }: Tie): ReadonlyMap<string, number> {
  const artifacts = edge.from.step === step ? artifactsTo(edge, known) : artifactsFrom(edge, known);
  const wanted = new Map<string, number>();
  for (const { hashes } of artifacts) {
    if (hashes.sha256) {
      const digest = hashes.sha256.toLowerCase();
      wanted.set(digest, (wanted.get(digest) ?? 0) + 1);
    }
  }
  return wanted;
}

/**
 * Links that agree with everything compared come before those that agree with some of it: a step that was tampered with
 * still finds its partner, and the verification then says what differs. Of those that agree in full the ones with most
 * are taken, and whoever records the subject itself: what such a link says of it counts, however little it took. The
 * search is limited when a link that was not seen may agree in full and in as much.
 */
function bestTied(
  ties: readonly Tie[],
  step: string,
  accepted: readonly AcceptedLink[],
  unseen: number,
  subject: ReadonlySet<string>,
): Omit<Candidates, 'watch'> {
  const measured = accepted
    .map((candidate) => ({ candidate, ...measure(ties, step, candidate) }))
    .filter(({ equal }) => equal > 0);
  const full = measured.filter(({ compared, equal }) => equal === compared);
  const most = Math.max(0, ...(full.length > 0 ? full : measured).map(({ equal }) => equal));
  const best = (full.length > 0 ? full : measured).filter(
    ({ candidate, equal }) => equal === most || (full.length > 0 && recordsAny(candidate, subject)),
  );
  const statements = [...new Set(best.map(({ candidate }) => candidate.link.statement))];
  const followed = statements.slice(0, CHOICES_AT_MOST);
  const chosen = best
    .map(({ candidate }) => candidate)
    .filter(({ link }) => followed.includes(link.statement));
  return {
    accepted: chosen,
    full: full.length > 0,
    notTied: measured.map(({ candidate }) => candidate).filter((candidate) => !chosen.includes(candidate)),
    limited: statements.length > CHOICES_AT_MOST || (unseen > 0 && (full.length === 0 || most <= unseen)),
  };
}

function recordsAny({ link }: AcceptedLink, digests: ReadonlySet<string>): boolean {
  const { payload } = link.metadata;
  return (
    payload.type === 'link' &&
    [...Object.values(payload.materials), ...Object.values(payload.products)].some(
      ({ sha256 }) => sha256 !== undefined && digests.has(sha256.toLowerCase()),
    )
  );
}

function measure(
  ties: readonly Tie[],
  step: string,
  { link }: AcceptedLink,
): { compared: number; equal: number } {
  const { payload } = link.metadata;
  return payload.type === 'link'
    ? agreement(
        ties.map(({ edge, known }) =>
          edge.from.step === step ? { edge, from: payload, to: known } : { edge, from: known, to: payload },
        ),
      )
    : { compared: 0, equal: 0 };
}
