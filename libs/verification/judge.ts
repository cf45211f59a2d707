import {
  type Finding,
  type Layout,
  type Metadata,
  type PublicKey,
  validSignatures,
  verify,
} from '#in-toto/index.js';
import type { FindingBody, Outcome, VerdictBody } from '#persistence/verdicts/verdict-body.js';
import { proves } from './anchor.js';
import { type LinkOfRun, layOutRun, type RejectedLink } from './run-evidence.js';

/** Everything a verdict follows from, as values: the same inputs give the same judgement, whoever computes it. */
export interface Inputs {
  /** 32 bytes. */
  readonly subject: Buffer;
  readonly layout: ActiveLayout | undefined;
  readonly owners: { readonly keys: readonly PublicKey[]; readonly threshold: number };
  /** Newest first. */
  readonly runs: readonly { readonly run: string; readonly links: readonly LinkOfRun[] }[];
}

export interface ActiveLayout {
  readonly id: string;
  readonly version: number;
  readonly metadata: Metadata;
}

export interface Judgement {
  readonly outcome: Outcome;
  readonly body: VerdictBody;
  /** After this time the outcome allows nothing. */
  readonly validUntil: Date | null;
}

/** Does any run of the subject satisfy the layout that is in force? */
export function judge(inputs: Inputs, at: Date): Judgement {
  const { layout } = inputs;
  if (layout?.metadata.payload.type !== 'layout') {
    return nothingToJudgeBy();
  }
  const payload = layout.metadata.payload;
  const expires = payload.expires instanceof Date ? payload.expires : at;
  const body = { layout: { id: layout.id, version: layout.version, expires: expires.toISOString() } };

  const signers = validSignatures(layout.metadata, inputs.owners.keys, at);
  if (signers.length < inputs.owners.threshold) {
    const finding = ownersMissing(inputs.owners.threshold, signers);
    return {
      outcome: 'fail',
      body: { ...body, findings: [finding], missing: [], evidence: [] },
      validUntil: null,
    };
  }
  const owners = inputs.owners.keys.filter((key) => signers.includes(key.keyid));

  const judged = inputs.runs.map(({ run, links }) =>
    judgeRun(inputs.subject, layout.metadata, payload, owners, run, links, at),
  );
  const deciding = judged.find(({ outcome }) => outcome !== 'pending') ?? judged[0];
  if (!deciding) {
    return {
      outcome: 'pending',
      body: { ...body, findings: [notAnchored()], missing: [], evidence: [] },
      validUntil: expires,
    };
  }
  return { outcome: deciding.outcome, body: { ...body, ...deciding.body }, validUntil: expires };
}

interface RunJudgement {
  readonly outcome: Outcome;
  readonly body: Omit<VerdictBody, 'layout'>;
}

/** in-toto verification with the run as link directory, and the question whether its evidence is about this subject. */
function judgeRun(
  subject: Buffer,
  layoutFile: Metadata,
  layout: Layout,
  owners: readonly PublicKey[],
  run: string,
  links: readonly LinkOfRun[],
  at: Date,
): RunJudgement {
  const { files, rejected } = layOutRun(layout, links, at);
  const result = verify(
    { layout: layoutFile, layoutKeys: owners, links: { read: (name) => files.get(name)?.metadata } },
    { at },
  );
  const used = result.used.flatMap(({ step, keyid, fileName }) => {
    const link = files.get(fileName);
    return link ? [{ step, keyid, link, run }] : [];
  });
  const findings = [
    ...result.findings.map((finding) => toBody(finding, run)),
    ...rejected.map((link) => explain(link, run)),
  ];
  const body = {
    findings,
    missing: result.missing.map(({ step, threshold, have, authorizedKeyids }) => ({
      step,
      threshold,
      have,
      authorizedKeyids: [...authorizedKeyids],
    })),
    evidence: used.map(({ step, keyid, link }) => ({ step, keyid, link: link.id, run })),
  };
  if (result.outcome === 'fail') {
    return { outcome: onlyMissing(result.findings) ? 'pending' : 'fail', body };
  }
  if (!used.some(({ link }) => proves(link.metadata, subject))) {
    return { outcome: 'pending', body: { ...body, findings: [notAnchored(run), ...findings] } };
  }
  return { outcome: 'pass', body };
}

/** More links can still mend it: nothing that is there contradicts the layout. */
function onlyMissing(findings: readonly Finding[]): boolean {
  const mendable: readonly Finding['code'][] = ['LINK_MISSING', 'THRESHOLD_NOT_MET', 'STEP_WITHOUT_LINK'];
  return findings.filter(({ severity }) => severity === 'error').every(({ code }) => mendable.includes(code));
}

function toBody(finding: Finding, run: string): FindingBody {
  return { ...finding, run };
}

function explain(link: RejectedLink, run: string): FindingBody {
  const about = { step: link.step, link: link.id, run, found: link.keyids };
  switch (link.reason) {
    case 'NOT_A_STEP':
      return {
        ...about,
        code: 'LINK_NOT_A_STEP',
        severity: 'info',
        message: `A link is named "${link.step}", which is no step of the layout.`,
        fix: 'Record the step under the name that the layout gives it.',
      };
    case 'KEY_NOT_AUTHORISED':
      return {
        ...about,
        code: 'LINK_UNAUTHORIZED',
        severity: 'warning',
        expected: link.expected ?? [],
        message: `A link of "${link.step}" does not count: signed by ${link.keyids.join(', ')}, the layout wants ${(link.expected ?? []).join(' or ')}.`,
        fix: 'Sign the step with a key that the layout names for it, or have the owners add this key.',
      };
    case 'SIGNATURE_INVALID':
      return {
        ...about,
        code: 'LINK_SIGNATURE_INVALID',
        severity: 'warning',
        message: `A link of "${link.step}" does not count: its signature in the name of ${link.keyids.join(', ')} is not valid for its content.`,
        fix: 'The file was changed after it was signed, or signed with another key: record the step again.',
      };
    case 'REPLACED':
      return {
        ...about,
        code: 'LINK_REPLACED',
        severity: 'info',
        message: `A link of "${link.step}" was replaced by a newer one of the same key.`,
        fix: 'Nothing to do if the step was repeated.',
        replacedBy: link.by,
      };
  }
}

function notAnchored(run?: string): FindingBody {
  return {
    code: 'SUBJECT_NOT_ANCHORED',
    severity: 'error',
    ...(run === undefined ? {} : { run }),
    message:
      run === undefined
        ? 'Links speak of this digest, but none of them belongs to a run.'
        : `Run ${run} satisfies the layout, but none of its steps has this digest among its products.`,
    fix: 'Post the links of one pipeline execution with the same ?run=, and let a step record the image digest as a product.',
  };
}

function nothingToJudgeBy(): Judgement {
  const finding: FindingBody = {
    code: 'LAYOUT_MISSING',
    severity: 'error',
    message: 'The supply chain has no layout yet.',
    fix: 'Have the owners sign a layout and post it to /layouts.',
  };
  return {
    outcome: 'pending',
    body: { layout: null, findings: [finding], missing: [], evidence: [] },
    validUntil: null,
  };
}

function ownersMissing(threshold: number, signers: readonly string[]): FindingBody {
  return {
    code: 'LAYOUT_NOT_SIGNED_BY_OWNERS',
    severity: 'error',
    message: `The layout needs valid signatures of ${threshold} owners and has ${signers.length}.`,
    fix: 'Have the owners sign the layout again and post it.',
    found: [...signers],
  };
}
