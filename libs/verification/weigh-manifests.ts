import type { Outcome } from '#persistence/verdicts/verdict-body.js';
import { writeDigest } from '#platform/digest.js';
import type { Inputs } from './evidence.js';
import { finding } from './findings.js';
import type { AboutLayout, Judgement } from './judgement.js';

interface JudgedManifest {
  readonly inputs: Inputs;
  readonly judgement: Omit<Judgement, 'reliesOn'>;
}

/** An image index is worth what the least of its image manifests is worth: a cluster may pull any of them. */
export function weighManifests(
  manifests: readonly JudgedManifest[],
  limited: boolean,
  layout: AboutLayout,
): Omit<Judgement, 'reliesOn'> {
  const outcomes = manifests.map(({ judgement }) => judgement.outcome);
  const outcome: Outcome = outcomes.includes('fail')
    ? 'fail'
    : limited || outcomes.includes('pending')
      ? 'pending'
      : 'pass';
  const ends = manifests.flatMap(({ judgement }) => judgement.validUntil ?? []);
  const worstFirst = [...manifests].sort((a, b) => rank(a) - rank(b));
  return {
    outcome,
    body: {
      layout,
      findings: [
        ...(limited ? [finding('INDEX_TOO_LARGE', {})] : []),
        ...worstFirst.flatMap(({ inputs, judgement }) =>
          judgement.body.findings.map((item) => ({ ...item, manifest: writeDigest(inputs.subject) })),
        ),
      ],
      missing: manifests.flatMap(({ judgement }) => judgement.body.missing),
      evidence: manifests.flatMap(({ judgement }) => judgement.body.evidence),
    },
    validUntil: ends.length === 0 ? null : new Date(Math.min(...ends.map((end) => end.getTime()))),
    explanation: {
      steps: manifests[0]?.judgement.explanation.steps ?? [],
      builds: manifests.flatMap(({ judgement }) => judgement.explanation.builds),
      manifests: manifests.map(({ inputs, judgement }) => ({
        digest: writeDigest(inputs.subject),
        outcome: judgement.outcome,
      })),
    },
  };
}

function rank({ judgement }: JudgedManifest): number {
  return ['fail', 'pending', 'pass'].indexOf(judgement.outcome);
}
