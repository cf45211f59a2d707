import type { PublicKey } from '../keys/public-key.js';
import type { Step } from '../metadata/items.js';
import type { Layout } from '../metadata/layout.js';
import type { FoundLink, StepLinks } from './load-links.js';
import { report, type Scope } from './scope.js';
import { type SignatureVerdict, signatureChecker } from './signatures.js';

/**
 * Reference step 5 (in-toto 1.0 §5.2.4): keeps the links that an authorized key has validly signed, and counts different
 * keys. Links that are not are ignored, unless their key cannot be used at all.
 */
export function verifyLinkSignatures(layout: Layout, steps: readonly StepLinks[], scope: Scope): StepLinks[] {
  const mainKeys = mainKeysOfSubkeys(layout);
  return steps.map(({ step, found }) => {
    const signers = new Set<string>();
    const valid: FoundLink[] = [];
    const refusals: string[] = [];
    for (const link of found) {
      const key = authorizedKey(layout, step, link.keyid, mainKeys);
      const refusal = key ? verifyLink(link, key, step, scope) : reportUnauthorized(link, step, scope);
      if (key === undefined || refusal !== undefined) {
        refusals.push(`${link.fileName}: ${refusal}`);
        continue;
      }
      if (signers.has(key.keyid)) reportSameKey(link, key, step, scope);
      signers.add(key.keyid);
      valid.push(link);
    }
    if (signers.size < step.threshold) reportThreshold(step, found, signers, refusals, scope);
    return { step, found: valid };
  });
}

function mainKeysOfSubkeys(layout: Layout): ReadonlyMap<string, PublicKey> {
  const keys = [...layout.keys.values()];
  return new Map(keys.flatMap((key) => [...key.subkeys.keys()].map((subkey) => [subkey, key] as const)));
}

/** Trust in a key extends to its subkeys, not the other way round. A listed subkey is verified with its main key's object. */
function authorizedKey(
  layout: Layout,
  step: Step,
  keyid: string,
  mainKeys: ReadonlyMap<string, PublicKey>,
): PublicKey | undefined {
  for (const authorized of step.pubkeys) {
    const key = layout.keys.get(authorized);
    if (authorized === keyid && key) return key;
    if (authorized === keyid && mainKeys.has(keyid)) return mainKeys.get(keyid);
    if (key?.subkeys.has(keyid)) return key;
  }
  return undefined;
}

/** Why the link does not count; undefined when it does. */
function verifyLink(link: FoundLink, key: PublicKey, step: Step, scope: Scope): string | undefined {
  const verdict = signatureChecker(link.metadata, scope.signedBy(link.metadata))(key);
  if (verdict.valid) return undefined;
  const refusal = describeRefusal(verdict, link);
  report(scope, verdict.fatal ? 'error' : 'warning', {
    code: verdict.fatal ? 'LINK_KEY_UNUSABLE' : LINK_CODES[verdict.reason],
    message: `The link ${link.fileName} of step "${step.name}" does not count: ${refusal}.`,
    fix: `Have the holder of key ${key.keyid} sign the link again, unchanged.`,
    step: step.name,
    fileName: link.fileName,
    keyid: link.keyid,
    expected: [key.keyid],
    found: link.metadata.signatures.map(({ keyid }) => keyid),
  });
  return refusal;
}

const LINK_CODES = {
  NOT_SIGNED: 'LINK_SIGNATURE_MISSING',
  INVALID: 'LINK_SIGNATURE_INVALID',
  MALFORMED: 'LINK_SIGNATURE_INVALID',
  KEY_EXPIRED: 'LINK_KEY_EXPIRED',
  KEY_UNUSABLE: 'LINK_SIGNATURE_INVALID',
} as const;

function describeRefusal(
  verdict: SignatureVerdict & { valid: false },
  { metadata, keyid }: FoundLink,
): string {
  const signers = metadata.signatures.map((signature) => signature.keyid).join(', ') || 'nobody';
  switch (verdict.reason) {
    case 'NOT_SIGNED':
      return `signed by ${signers}, not by ${keyid}`;
    case 'INVALID':
      return `the signature by ${keyid} is not valid for its content`;
    case 'MALFORMED':
      return `the signature by ${keyid} is malformed`;
    case 'KEY_EXPIRED':
      return `the key ${keyid} has expired`;
    case 'KEY_UNUSABLE':
      return `the key ${keyid} cannot check this signature`;
  }
}

function reportUnauthorized(link: FoundLink, step: Step, scope: Scope): string {
  const refusal = `the layout lists no key ${link.keyid}`;
  report(scope, 'warning', {
    code: 'LINK_UNAUTHORIZED',
    message: `The link ${link.fileName} of step "${step.name}" does not count: ${refusal}.`,
    fix: `Add the key ${link.keyid} to the layout's keys, or remove it from the step's pubkeys.`,
    step: step.name,
    fileName: link.fileName,
    keyid: link.keyid,
  });
  return refusal;
}

function reportSameKey(link: FoundLink, key: PublicKey, step: Step, scope: Scope): void {
  report(scope, 'warning', {
    code: 'LINK_SAME_KEY',
    message: `The link ${link.fileName} of step "${step.name}" is by key ${key.keyid} like another one, and counts once with it.`,
    fix: 'Have the step performed by holders of different keys.',
    step: step.name,
    fileName: link.fileName,
    keyid: key.keyid,
  });
}

function reportThreshold(
  step: Step,
  found: readonly FoundLink[],
  signers: ReadonlySet<string>,
  refusals: readonly string[],
  scope: Scope,
): void {
  scope.report.missing.push({
    step: step.name,
    ...(scope.path.length > 0 ? { sublayout: scope.path } : {}),
    threshold: Number(step.threshold),
    have: signers.size,
    authorizedKeyids: step.pubkeys,
  });
  // Too few files has been reported as such.
  if (found.length < step.threshold) return;
  report(scope, 'error', {
    code: 'THRESHOLD_NOT_MET',
    message: `Step "${step.name}" needs links validly signed by ${step.threshold} different authorized key(s), there are ${signers.size}.`,
    fix: `Add links of step "${step.name}" signed by ${step.pubkeys.join(' or ')}.`,
    step: step.name,
    expected: [...step.pubkeys],
    found: [...signers],
    ...(refusals.length > 0 ? { nearestMiss: refusals.join('; ') } : {}),
  });
}
