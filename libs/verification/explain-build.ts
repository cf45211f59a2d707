import {
  agreement,
  artifactsFrom,
  hashesOf,
  type Layout,
  type Link,
  matchEdges,
  sameHashes,
} from '#in-toto/index.js';
import type { BuildExplanation } from '#persistence/verdicts/explanation.js';
import type { Outcome } from '#persistence/verdicts/verdict-body.js';
import { writeDigest } from '#platform/digest.js';
import { anchoringProduct } from './anchor.js';
import type { Anchor, Build, Directory, EvidenceLink, SignedLink } from './evidence.js';
import { REJECTED_AT_MOST } from './findings.js';

/** Artifacts named per tie; the counts are complete. */
const ARTIFACTS_AT_MOST = 10;

/** The graph of a build: its links, what ties them, what anchors them, and where a tie has only one end. */
export function explainBuild(
  build: Build,
  outcome: Outcome,
  files: Directory,
  layout: Layout,
  anchors: readonly Anchor[],
  anchorSteps?: readonly string[],
): BuildExplanation {
  const chosen = new Map([...files.values()].map((link) => [link.id, link]));
  const byStep = new Map<string, Link>();
  for (const { metadata } of chosen.values()) {
    if (metadata.payload.type === 'link' && !byStep.has(stepOf(metadata.payload))) {
      byStep.set(stepOf(metadata.payload), metadata.payload);
    }
  }
  const edges = matchEdges(layout);
  return {
    run: build.run,
    outcome,
    sets: build.directories.length,
    chosen: [...chosen.values()].map(describe),
    rejected: build.rejected
      .slice(0, REJECTED_AT_MOST)
      .map((link) => ({ ...link, keyids: [...link.keyids] })),
    anchors: [...chosen.values()].flatMap((link) => anchorsOf(link, anchors, anchorSteps)),
    ties: edges.flatMap((edge) => {
      const from = byStep.get(edge.from.step);
      const to = byStep.get(edge.to.step);
      if (!from || !to) {
        return [];
      }
      const equal = artifactsFrom(edge, from).filter(({ otherPath, hashes }) => {
        const there = hashesOf(to[edge.to.side], otherPath);
        return there !== undefined && sameHashes(hashes, there);
      });
      const artifacts = equal.slice(0, ARTIFACTS_AT_MOST).map(({ path }) => path);
      return [
        { rule: edge.text, from: edge.from, to: edge.to, ...agreement([{ edge, from, to }]), artifacts },
      ];
    }),
    missingTies: edges
      .filter(({ from, to }) => byStep.has(from.step) !== byStep.has(to.step))
      .map(({ text, from, to }) => ({ rule: text, from: from.step, to: to.step })),
  };
}

function stepOf({ name }: Link): string {
  return typeof name === 'string' ? name : '';
}

function describe({ id, metadata, saidAt }: SignedLink) {
  return {
    id,
    step: metadata.payload.type === 'link' ? stepOf(metadata.payload) : '',
    keyids: metadata.signatures.map(({ keyid }) => keyid),
    receivedAt: saidAt.receivedAt.toISOString(),
  };
}

function anchorsOf(
  { id, metadata }: EvidenceLink,
  anchors: readonly Anchor[],
  anchorSteps: readonly string[] | undefined,
) {
  const product = anchoringProduct(metadata, anchors, anchorSteps);
  const step = metadata.payload.type === 'link' ? stepOf(metadata.payload) : '';
  return product
    ? [
        {
          link: id,
          step,
          path: product.path,
          form: product.form,
          via: product.anchor.via,
          digest: writeDigest(product.anchor.digest),
        },
      ]
    : [];
}
