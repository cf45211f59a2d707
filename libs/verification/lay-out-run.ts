import { linkFileName, sameArtifacts } from '#in-toto/index.js';
import type {
  Build,
  Conflict,
  EvidenceLink,
  LinkOfRun,
  Policy,
  RejectedLink,
  SignedLink,
} from './evidence.js';
import { distinctSignatures } from './met-signatures.js';
import { type AcceptedLink, isAccepted, isSameSigner, namedKeyids, screenLink } from './screen-link.js';

type Accepted = AcceptedLink<LinkOfRun>;

/** Of the earlier attempts this many of the oldest and of the newest are looked at. */
const EARLIER_AT_MOST = 8;

/**
 * Lays the links of a run out as in-toto's link directory. Of each step the newest attempt counts, whole: its links
 * replace those of older attempts, also the ones by other functionaries. Two different links of one attempt, step and
 * key are a conflict; the newer one is laid out, and what the conflict means is for the judge to say.
 */
export function layOutRun(policy: Policy, run: string, links: readonly LinkOfRun[]): Build {
  return layOutScreened(
    policy,
    run,
    links.map((link) => screenInRun(policy, link)),
  );
}

/** A link of a run after it was screened: where it does not count, nothing is left of its content. */
export interface ScreenedLink {
  readonly result: Accepted | RejectedLink;
  /** What it would be if links never grew too old. */
  readonly ageless: Accepted | undefined;
}

export function screenInRun(policy: Policy, link: LinkOfRun): ScreenedLink {
  const result = screenLink(policy, link);
  if (isAccepted(result)) {
    return { result, ageless: result };
  }
  const ageless =
    result.reason === 'TOO_OLD'
      ? screenLink({ ...policy, settings: { ...policy.settings, maxAge: {} } }, link)
      : result;
  return { result, ageless: isAccepted(ageless) ? ageless : undefined };
}

export function layOutScreened(policy: Policy, run: string, links: readonly ScreenedLink[]): Build {
  const screened = links.map(({ result }) => result);
  const accepted = screened.filter(isAccepted);
  const rejected = screened.filter((result): result is RejectedLink => !isAccepted(result));
  const current = newestAttempts(accepted, Number.POSITIVE_INFINITY);
  const replacedLinks = accepted.filter((link) => !current.includes(link));
  const { files, conflicts } = placeInOrder(current);
  const standing = new Set([...files.values()].map(({ id }) => id));
  return {
    run,
    directories: [files],
    earlier: [
      ...beforeTheyAged(links),
      ...earlierCutoffs(accepted).map((cutoff) => placeInOrder(newestAttempts(accepted, cutoff)).files),
    ],
    displaced: accepted.map(({ link }) => link).filter(({ id }) => !standing.has(id)),
    met: distinctSignatures(screened.flatMap(({ met = [] }) => met)),
    rejected: [...rejected, ...replacedLinks.map(({ step, link }) => replaced(step, link, current))],
    conflicts: [
      ...conflicts,
      ...disagreements(policy, current),
      ...repetitions(policy, current, replacedLinks),
    ],
    untied: [],
    limited: false,
  };
}

/** What stood there when no link was too old. That one is by now does not take back what was found of the others. */
function beforeTheyAged(links: readonly ScreenedLink[]): Map<string, SignedLink>[] {
  const aged = links.some(({ result }) => !isAccepted(result) && result.reason === 'TOO_OLD');
  const accepted = aged ? links.flatMap(({ ageless }) => ageless ?? []) : [];
  return aged ? [placeInOrder(newestAttempts(accepted, Number.POSITIVE_INFINITY)).files] : [];
}

/** For each step the links of its newest attempt up to this one. */
function newestAttempts(accepted: readonly Accepted[], cutoff: number): Accepted[] {
  const known = accepted.filter(({ link }) => link.attempt <= cutoff);
  const newest = new Map<string, number>();
  for (const { step, link } of known) {
    newest.set(step, Math.max(newest.get(step) ?? 0, link.attempt));
  }
  return known.filter(({ step, link }) => link.attempt === newest.get(step));
}

/** Whoever floods a run with attempts numbers them upwards, so that the true ones are among the oldest. */
function earlierCutoffs(accepted: readonly Accepted[]): number[] {
  const attempts = [...new Set(accepted.map(({ link }) => link.attempt))].sort((a, b) => b - a).slice(1);
  return attempts.filter((_, at) => at < EARLIER_AT_MOST || at >= attempts.length - EARLIER_AT_MOST);
}

/**
 * Where one link is enough, in-toto takes the first functionary's and never looks at the others. If they do not report
 * the same, an old link of one functionary could so cover a newer one of another. With a higher threshold it compares.
 */
function disagreements({ layout }: Policy, current: readonly Accepted[]): Conflict[] {
  return layout.steps
    .filter(({ threshold }) => threshold <= 1)
    .flatMap(({ name: step }) => {
      const [first, ...others] = current.filter((link) => link.step === step);
      const differing = first ? others.filter((other) => !sameReport(first.link, other.link)) : [];
      const different = differing.filter(
        ({ signers }) =>
          !signers.some((signer) => first?.signers.some((other) => isSameSigner(signer, other))),
      );
      return first && different.length > 0
        ? [
            {
              step,
              keyid: first.signers[0]?.listedAs ?? '',
              links: [first, ...different].map(({ link }) => link.id),
            },
          ]
        : [];
    });
}

function sameReport(a: EvidenceLink, b: EvidenceLink): boolean {
  const [one, other] = [a.metadata.payload, b.metadata.payload];
  return (
    one.type === 'link' &&
    other.type === 'link' &&
    sameArtifacts(one.materials, other.materials) &&
    sameArtifacts(one.products, other.products)
  );
}

/**
 * A newer attempt is newer work. If its link was there before the one that it would replace, somebody posted an old link
 * again: it must not cover what was found since.
 */
function repetitions(
  { layout }: Policy,
  current: readonly Accepted[],
  replacedLinks: readonly Accepted[],
): Conflict[] {
  return current.flatMap(({ step, link, signers, saidAt }) => {
    const needsOne = layout.steps.find(({ name }) => name === step)?.threshold === 1;
    const newer = replacedLinks.filter(
      (other) =>
        other.step === step &&
        other.saidAt.seq > saidAt.seq &&
        (needsOne || other.signers.some((signer) => signers.some((own) => isSameSigner(signer, own)))),
    );
    const keyid = signers[0]?.listedAs ?? '';
    return newer.length === 0
      ? []
      : [{ step, keyid, links: [link.id, ...newer.map((other) => other.link.id)] }];
  });
}

function placeInOrder(accepted: readonly AcceptedLink<LinkOfRun>[]): {
  files: Map<string, SignedLink>;
  conflicts: Conflict[];
} {
  const files = new Map<string, SignedLink>();
  const conflicts = new Map<string, Conflict>();
  const inOrder = [...accepted].sort((a, b) => (a.link.joined < b.link.joined ? -1 : 1));
  for (const { step, link, signers } of inOrder) {
    for (const { listedAs, saidAt } of signers) {
      const name = linkFileName(step, listedAs);
      const there = files.get(name);
      if (there && there.statement !== link.statement) {
        const before = conflicts.get(name)?.links ?? [there.id];
        conflicts.set(name, { step, keyid: listedAs, links: [...before, link.id] });
      }
      files.set(name, { ...link, saidAt });
    }
  }
  return { files, conflicts: [...conflicts.values()] };
}

function replaced(step: string, link: LinkOfRun, current: readonly AcceptedLink<LinkOfRun>[]): RejectedLink {
  const by = current.find((other) => other.step === step)?.link.id;
  const keyids = namedKeyids(link.metadata.signatures.map((signature) => signature.keyid));
  return { id: link.id, step, ...keyids, reason: 'REPLACED', ...(by === undefined ? {} : { by }) };
}
