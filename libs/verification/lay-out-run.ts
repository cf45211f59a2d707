import { linkFileName } from '#in-toto/index.js';
import type { Build, Conflict, EvidenceLink, LinkOfRun, Policy, RejectedLink } from './evidence.js';
import { type AcceptedLink, isAccepted, screenLink } from './screen-link.js';

/**
 * Lays the links of a run out as in-toto's link directory. Of each step the newest attempt counts, whole: its links
 * replace those of older attempts, also the ones by other functionaries. Two different links of one attempt, step and
 * key are a conflict; the newer one is laid out, and what the conflict means is for the judge to say.
 */
export function layOutRun(policy: Policy, run: string, links: readonly LinkOfRun[]): Build {
  const screened = links.map((link) => screenLink(policy, link));
  const accepted = screened.filter(isAccepted);
  const rejected = screened.filter((result): result is RejectedLink => !isAccepted(result));
  const newestAttempt = new Map<string, number>();
  for (const { step, link } of accepted) {
    newestAttempt.set(step, Math.max(newestAttempt.get(step) ?? 0, link.attempt));
  }
  const current = accepted.filter(({ step, link }) => link.attempt === newestAttempt.get(step));
  const { files, conflicts } = placeInOrder(current);
  const standing = new Map([...files.values()].map((link) => [link.id, link]));
  for (const { step, link } of accepted) {
    if (!current.some((other) => other.link === link)) {
      rejected.push(replaced(step, link, current));
    }
  }
  return {
    run,
    directories: [files],
    rejected: rejected.filter(({ id }) => !standing.has(id)),
    conflicts,
    untied: [],
    limited: false,
  };
}

function placeInOrder(accepted: readonly AcceptedLink<LinkOfRun>[]): {
  files: Map<string, EvidenceLink>;
  conflicts: Conflict[];
} {
  const files = new Map<string, EvidenceLink>();
  const conflicts = new Map<string, Conflict>();
  const inOrder = [...accepted].sort((a, b) => (a.link.joined < b.link.joined ? -1 : 1));
  for (const { step, link, signers } of inOrder) {
    for (const { listedAs } of signers) {
      const name = linkFileName(step, listedAs);
      const there = files.get(name);
      if (there && there.statement !== link.statement) {
        const before = conflicts.get(name)?.links ?? [there.id];
        conflicts.set(name, { step, keyid: listedAs, links: [...before, link.id] });
      }
      files.set(name, link);
    }
  }
  return { files, conflicts: [...conflicts.values()] };
}

function replaced(step: string, link: LinkOfRun, current: readonly AcceptedLink<LinkOfRun>[]): RejectedLink {
  const by = current.find((other) => other.step === step)?.link.id;
  const keyids = link.metadata.signatures.map((signature) => signature.keyid);
  return { id: link.id, step, keyids, reason: 'REPLACED', ...(by === undefined ? {} : { by }) };
}
