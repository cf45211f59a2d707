import { type Layout, validSignatures } from '#in-toto/index.js';
import type { MetSignature } from '#persistence/verdicts/verdict-basis.js';
import type { FindingBody, Outcome } from '#persistence/verdicts/verdict-body.js';
import type { ActiveLayout, Inputs } from './evidence.js';
import { finding } from './findings.js';
import { type BuildJudgement, judgeBuild } from './judge-build.js';
import type { AboutLayout, Judgement } from './judgement.js';
import { grandfatheredOwners, refusedOwners } from './key-findings.js';
import { countOwners, distinctSignatures, type JudgedSignature, judgeSignature } from './met-signatures.js';
import { weighBuilds } from './weigh-builds.js';
import { weighManifests } from './weigh-manifests.js';

/**
 * Does any build of the subject satisfy the layout that is in force? Throws TooMuchEvidence when artifact rules compare
 * more than `ruleWork` in all, which every set of links has an equal part of.
 */
export function judge(inputs: Inputs, at: Date, ruleWork?: number): Judgement {
  const { layout } = inputs;
  const payload = layout?.metadata.payload;
  if (!layout || payload?.type !== 'layout') {
    return plain('pending', null, [finding('LAYOUT_MISSING', {})]);
  }
  const signed = ownerSignatures(inputs, layout);
  const eachWork = ruleWork && Math.floor(ruleWork / Math.max(1, setsOf(inputs)));
  const judgement = judgeByLayout(inputs, layout, payload, signed, at, eachWork);
  const { body } = judgement;
  return {
    ...judgement,
    body: { ...body, findings: [...body.findings, ...refusedOwners(signed), ...grandfatheredOwners(signed)] },
    reliesOn: distinctSignatures([...signed.map(({ met }) => met), ...metBy(inputs)]),
  };
}

function setsOf({ builds, manifests }: Inputs): number {
  const own = builds.map(({ directories, earlier }) => directories.length + earlier.length);
  return [...own, ...manifests.map(setsOf)].reduce((sum, count) => sum + count, 0);
}

/** Also where the layout alone decides: how they stand is part of the inputs, and a replay of their keys finds it out. */
function metBy({ builds, manifests }: Inputs): MetSignature[] {
  return [...builds.flatMap(({ met }) => met), ...manifests.flatMap(metBy)];
}

function judgeByLayout(
  inputs: Inputs,
  layout: ActiveLayout,
  payload: Layout,
  signed: readonly JudgedSignature[],
  at: Date,
  ruleWork: number | undefined,
): Omit<Judgement, 'reliesOn'> {
  const about = aboutLayout(layout, payload, at);
  const counting = signed.filter(({ refusal }) => refusal === undefined);
  const owners = counting.map(({ key }) => key);
  if (countOwners(counting) < inputs.owners.threshold) {
    const details = { expected: [String(inputs.owners.threshold)], found: owners.map(({ keyid }) => keyid) };
    return plain('fail', about, [finding('LAYOUT_NOT_SIGNED_BY_OWNERS', details)]);
  }
  if (inputs.manifests.length > 0 || inputs.manifestsLimited) {
    const judged = inputs.manifests.map((manifest) => ({
      inputs: manifest,
      judgement: judgeByLayout(manifest, layout, payload, signed, at, ruleWork),
    }));
    return weighManifests(judged, inputs.manifestsLimited, about);
  }
  const judged = inputs.builds.map((build) =>
    judgeBuild(build, inputs, layout.metadata, payload, owners, at, ruleWork),
  );
  if (judged.length === 0) {
    return plain('pending', about, [finding('SUBJECT_NOT_ANCHORED', {})]);
  }
  return withLayout(weighBuilds(judged, inputs.settings.conflict), judged, about, payload);
}

/** The owners' signatures on the layout that were valid when they came in. */
function ownerSignatures(inputs: Inputs, layout: ActiveLayout): JudgedSignature[] {
  const signers = new Set(validSignatures(layout.metadata, inputs.owners.keys, layout.receivedAt));
  return inputs.owners.keys
    .filter(({ keyid }) => signers.has(keyid))
    .map((key) => judgeSignature(key, 'owner', layout.receivedAt, inputs));
}

function aboutLayout({ id, version }: ActiveLayout, { expires }: Layout, at: Date): AboutLayout {
  return { id, version, expires: (expires instanceof Date ? expires : at).toISOString() };
}

function withLayout(
  { outcome, deciding, findings }: ReturnType<typeof weighBuilds>,
  judged: readonly BuildJudgement[],
  layout: AboutLayout,
  { steps }: Layout,
): Omit<Judgement, 'reliesOn'> {
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
    reliesOn: [],
  };
}
