import type { KeyRefusal } from '#key-lifecycle/signature-counts.js';
import { SERVICE_FINDINGS, type ServiceFindingCode } from '#persistence/verdicts/service-findings.js';
import type { FindingBody } from '#persistence/verdicts/verdict-body.js';
import type { Conflict, RejectedLink, RejectionReason } from './evidence.js';

interface Details {
  readonly run?: string | null;
  readonly [member: string]: unknown;
}

/** A finding of the service: the meaning of its code, with the particulars, how grave it is and what to do. */
export function finding(
  code: keyof typeof kinds,
  { run, ...details }: Details,
  message?: string,
): FindingBody {
  const [severity, fix] = kinds[code];
  return {
    code,
    severity: details.conflict === 'any' ? 'warning' : severity,
    message: message ?? SERVICE_FINDINGS[code],
    fix,
    ...(run == null ? {} : { run }),
    ...details,
  };
}

const kinds = {
  LAYOUT_MISSING: ['error', 'Have the owners sign a layout and post it to /layouts.'],
  LAYOUT_NOT_SIGNED_BY_OWNERS: ['error', 'Have the owners sign the layout again and post it.'],
  VERIFICATION_FAILED: [
    'error',
    'Have an operator look at the log, mend what is wrong and, where the digest is among GET /marks, try again with POST /marks/retry.',
  ],
  EVIDENCE_TOO_LARGE: [
    'error',
    'Post smaller links, each pipeline execution with its own ?run=; or have an operator raise CUSTODY_EVIDENCE_HEAP_MIB and replay the digest (POST /replays).',
  ],
  VERDICT_TOO_LARGE: [
    'error',
    'Post the links of each pipeline execution with its own ?run=, and have the owners sign a layout with fewer keys a step.',
  ],
  SUBJECT_NOT_ANCHORED: ['error', 'Let a step record the image, or a file with its digest, as a product.'],
  SUBJECT_NOT_PROVEN: ['error', 'Let a step record the image digest as a product, e.g. in image-digest.txt.'],
  COVERED_BY_IMAGE: [
    'info',
    'Nothing to do: the relation follows from the hashed content of the uploaded manifest.',
  ],
  NO_EVIDENCE: ['error', 'See the findings about the links that do not count.'],
  LINK_NOT_A_STEP: ['info', 'Record the step under the name that the layout gives it.'],
  LINK_KEY_NOT_AUTHORIZED: [
    'warning',
    'Sign with a key that the layout names for the step, or have the owners add this one.',
  ],
  LINK_FORGED: [
    'warning',
    'The file was changed after it was signed, or signed with another key: record the step again.',
  ],
  LINK_OF_OTHER_CHAIN: ['warning', 'Post it to the chain that CUSTODY_CHAIN names in its environment.'],
  LINK_TOO_OLD: ['warning', 'Perform the step again and post its new link.'],
  KEY_NOT_VALID_AT_TIME: [
    'warning',
    'Sign with a key that is valid when the link is posted, or have an operator correct notBefore and notAfter.',
  ],
  KEY_RETIRED: ['warning', 'Perform the step again and sign with the key that took its place.'],
  KEY_SUSPENDED: [
    'warning',
    'Have an operator lift the suspension and replay the key (POST /replays), or perform the step with another key.',
  ],
  KEY_COMPROMISED: ['warning', 'Perform the step again with a new key that the layout names.'],
  KEY_MISISSUED: ['warning', 'Perform the step again with a key that the layout names.'],
  GRANDFATHERED: [
    'warning',
    'Perform the step again with a new key: that the signature is older than the compromise, only this service says.',
  ],
  LINK_REPLACED: ['info', 'Nothing to do if the job was repeated.'],
  LINK_NOT_TIED: ['info', 'Nothing to do: it belongs to another build.'],
  MORE_LINKS_REJECTED: ['info', 'Nothing to do, unless they were meant to count.'],
  LINKS_CONFLICT: [
    'error',
    'Number repeated jobs with ?attempt=, so that the newest attempt replaces the older ones.',
  ],
  ATTEMPT_INCOMPLETE: ['error', 'Repeat every step that depends on the repeated one.'],
  OWNERS_BELOW_THRESHOLD: [
    'error',
    'Have the step performed by another holder of a key, or have an operator correct who holds the keys.',
  ],
  STEP_NOT_TIED: [
    'error',
    'Post the links of one pipeline execution with the same ?run=, or add a MATCH rule that ties the step.',
  ],
  MATCHED_IN_PART: [
    'error',
    'Post the links of one pipeline execution with the same ?run=, or let a rule before the MATCH allow what need not match.',
  ],
  AMBIGUOUS_EVIDENCE: ['error', 'Post the links of each pipeline execution with its own ?run=.'],
  EVIDENCE_SEARCH_LIMIT: ['error', 'Post the links of each pipeline execution with its own ?run=.'],
  INDEX_TOO_LARGE: ['error', 'Post indexes of at most 64 images, nested at most four deep.'],
  BUILDS_DISAGREE: ['warning', 'Find out which build is the true one; see /explain.'],
  OTHER_BUILD: ['info', 'Nothing to do.'],
} as const satisfies Partial<Record<ServiceFindingCode, readonly [FindingBody['severity'], string]>>;

const rejections: Record<Exclude<RejectionReason, KeyRefusal>, keyof typeof kinds> = {
  NOT_A_STEP: 'LINK_NOT_A_STEP',
  KEY_NOT_AUTHORISED: 'LINK_KEY_NOT_AUTHORIZED',
  SIGNATURE_INVALID: 'LINK_FORGED',
  OTHER_CHAIN: 'LINK_OF_OTHER_CHAIN',
  TOO_OLD: 'LINK_TOO_OLD',
  REPLACED: 'LINK_REPLACED',
  NOT_TIED: 'LINK_NOT_TIED',
};

/** Links that do not count are named up to this many; a run can hold any number of them. */
export const REJECTED_AT_MOST = 50;

export function rejectionFindings(rejected: readonly RejectedLink[], run: string | null): FindingBody[] {
  const named = rejected.slice(0, REJECTED_AT_MOST).map((link) => rejectionFinding(link, run));
  const count = rejected.length - named.length;
  return count > 0 ? [...named, finding('MORE_LINKS_REJECTED', { run, count })] : named;
}

function rejectionFinding(link: RejectedLink, run: string | null): FindingBody {
  return finding(
    isKeyRefusal(link.reason) ? link.reason : rejections[link.reason],
    {
      run,
      step: link.step,
      link: link.id,
      found: link.found ?? link.keyids,
      ...(link.omittedKeyids ? { omittedKeyids: link.omittedKeyids } : {}),
      ...(link.expected ? { expected: link.expected } : {}),
      ...(link.by ? { replacedBy: link.by } : {}),
      ...(link.met ? { fingerprints: link.met.map(({ fingerprint }) => fingerprint) } : {}),
    },
    describe(link),
  );
}

function describe({ reason, step, keyids, expected = [], found = [], by, met = [] }: RejectedLink): string {
  const subject = `A link of step "${step}" does not count: `;
  if (isKeyRefusal(reason)) {
    return `${subject}received ${met[0]?.receivedAt}, ${keyRefusals[reason]} ${keyids.join(', ')}.`;
  }
  switch (reason) {
    case 'NOT_A_STEP':
      return `A link is named "${step}", which is no step of the layout.`;
    case 'KEY_NOT_AUTHORISED':
      return `${subject}signed by ${keyids.join(', ')}, the layout wants ${expected.join(' or ')}.`;
    case 'SIGNATURE_INVALID':
      return `${subject}its signature in the name of ${keyids.join(', ')} is not valid for its content.`;
    case 'OTHER_CHAIN':
      return `${subject}it was recorded for the supply chain ${found.join(', ')}.`;
    case 'TOO_OLD':
      return `${subject}it was received ${found.join('')} s ago, the chain allows ${expected.join('')} s.`;
    case 'REPLACED':
      return `${subject}${by === undefined ? 'a newer attempt' : `link ${by} of a newer attempt`} replaced it.`;
    case 'NOT_TIED':
      return `${subject}another is tied more closely to the rest of the build.`;
  }
}

/** Said of a signature's receipt, before the key's id. */
const keyRefusals: Record<KeyRefusal, string> = {
  KEY_NOT_VALID_AT_TIME: 'outside the time for which the register has key',
  KEY_RETIRED: 'after the retirement of key',
  KEY_SUSPENDED: 'signed by the suspended key',
  KEY_COMPROMISED: 'signed by the compromised key',
  KEY_MISISSUED: 'signed by the mis-issued key',
};

function isKeyRefusal(reason: string): reason is KeyRefusal {
  return Object.hasOwn(keyRefusals, reason);
}

export function conflictFinding(
  { step, keyid, links }: Conflict,
  run: string | null,
  conflict: 'strict' | 'any',
): FindingBody {
  const message = `${links.length} different links of step "${step}" by key ${keyid} contradict each other: they were posted for the same attempt, or the older one for a newer attempt.`;
  return finding('LINKS_CONFLICT', { run, step, keyid, links, conflict }, message);
}

/** The digest is anchored through another one of the same image. */
export function coveredFinding(via: 'index' | 'config'): FindingBody {
  const message =
    via === 'index'
      ? 'The digest is anchored through an image index that lists it.'
      : 'The digest is anchored through the config that the manifest names, whose diff ids pin the content of its layers.';
  return finding('COVERED_BY_IMAGE', { via }, message);
}
