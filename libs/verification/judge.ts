import { type Layout, type PublicKey, validSignatures } from '#in-toto/index.js';
import type { FindingBody, Outcome } from '#persistence/verdicts/verdict-body.js';
import type { ActiveLayout, Inputs } from './evidence.js';
import { finding } from './findings.js';
import { type BuildJudgement, judgeBuild } from './judge-build.js';
import type { AboutLayout, Judgement } from './judgement.js';
import { weighBuilds } from './weigh-builds.js';
import { weighManifests } from './weigh-manifests.js';

/** Does any build of the subject satisfy the layout that is in force? */
export function judge(inputs: Inputs, at: Date): Judgement {
  const { layout } = inputs;
  const payload = layout?.metadata.payload;
  if (!layout || payload?.type !== 'layout') {
    return plain('pending', null, [finding('LAYOUT_MISSING', {})]);
  }
  const about = aboutLayout(layout, payload, at);
  const owners = signingOwners(inputs, layout, at);
  if (owners.length < inputs.owners.threshold) {
    const details = { expected: [String(inputs.owners.threshold)], found: owners.map(({ keyid }) => keyid) };
    return plain('fail', about, [finding('LAYOUT_NOT_SIGNED_BY_OWNERS', details)]);
  }
  if (inputs.manifests.length > 0 || inputs.manifestsLimited) {
    const judged = inputs.manifests.map((manifest) => ({ inputs: manifest, judgement: judge(manifest, at) }));
    return weighManifests(judged, inputs.manifestsLimited, about);
  }
  const judged = inputs.builds.map((build) =>
    judgeBuild(build, inputs, layout.metadata, payload, owners, at),
  );
  if (judged.length === 0) {
    return plain('pending', about, [finding('SUBJECT_NOT_ANCHORED', {})]);
  }
  return withLayout(weighBuilds(judged, inputs.settings.conflict), judged, about, payload);
}

/** The owners whose signature on the layout is valid. They are asked again each time: keys can expire. */
function signingOwners(inputs: Inputs, layout: ActiveLayout, at: Date): PublicKey[] {
  const signers = new Set(validSignatures(layout.metadata, inputs.owners.keys, at));
  return inputs.owners.keys.filter(({ keyid }) => signers.has(keyid));
}

function aboutLayout({ id, version }: ActiveLayout, { expires }: Layout, at: Date): AboutLayout {
  return { id, version, expires: (expires instanceof Date ? expires : at).toISOString() };
}

function withLayout(
  { outcome, deciding, findings }: ReturnType<typeof weighBuilds>,
  judged: readonly BuildJudgement[],
  layout: AboutLayout,
  { steps }: Layout,
): Judgement {
  const expires = new Date(layout.expires);
  const ages = deciding.validUntil;
  return {
    outcome,
    body: { layout, findings, missing: deciding.missing, evidence: deciding.evidence },
    validUntil: ages && ages < expires ? ages : expires,
    explanation: {
      steps: steps.map(({ name }) => name),
      builds: judged.map(({ explanation }) => explanation),
      manifests: [],
    },
  };
}

function plain(outcome: Outcome, layout: AboutLayout | null, findings: FindingBody[]): Judgement {
  return {
    outcome,
    body: { layout, findings, missing: [], evidence: [] },
    validUntil: layout && new Date(layout.expires),
    explanation: { steps: [], builds: [], manifests: [] },
  };
}
