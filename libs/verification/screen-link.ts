import {
  type Functionary,
  functionariesOf,
  keysWithoutStep,
  type Layout,
  type PublicKey,
  validSignatures,
} from '#in-toto/index.js';
import type { MetSignature } from '#persistence/verdicts/verdict-basis.js';
import type { EvidenceLink, Policy, RejectedLink } from './evidence.js';
import { judgeSignature } from './met-signatures.js';
import { chainNamedBy } from './named-chain.js';

/** A link that may stand for its step, under the ids of the functionaries whose signature on it is valid and counts. */
export interface AcceptedLink<L extends EvidenceLink = EvidenceLink> {
  readonly link: L;
  readonly step: string;
  readonly signers: readonly Functionary[];
  /** All valid ones, also those that the key register refuses. */
  readonly met: readonly MetSignature[];
}

/**
 * Who may sign what. An inspection is satisfied by a link that an owner signed, or a key that the layout holds without
 * giving it a step: whoever performed a step must not be the one who inspects it.
 */
export function signersOf(
  layout: Layout,
  owners: readonly PublicKey[],
): ReadonlyMap<string, readonly Functionary[]> {
  const inspectors = [
    ...owners.map((key) => ({ key, listedAs: key.keyid, signsAs: key.keyid })),
    ...keysWithoutStep(layout),
  ];
  return new Map([
    ...functionariesOf(layout),
    ...layout.inspect.map(({ name }) => [name, inspectors] as const),
  ]);
}

/** Signatures of a file in one key's name that are tried: anybody can add any number, and honest tools make one. */
const SIGNATURES_TRIED = 2;

/**
 * Does the link count as evidence of a step? It must be named as the step, validly signed by a functionary of that step,
 * not be meant for another chain, not be too old, and the functionary's key must have been good when it came in. Nobody
 * without such a key can get a link past this.
 */
export function screenLink<L extends EvidenceLink>(policy: Policy, link: L): AcceptedLink<L> | RejectedLink {
  const { payload, signatures } = link.metadata;
  const step = payload.type === 'link' && typeof payload.name === 'string' ? payload.name : '';
  const keyids = signatures.map((signature) => signature.keyid);
  const reject = (reason: RejectedLink['reason'], more: Partial<RejectedLink> = {}): RejectedLink => ({
    id: link.id,
    step: detached(step),
    ...namedKeyids(keyids),
    reason,
    ...more,
  });
  const functionaries = policy.functionaries.get(step);
  if (payload.type !== 'link' || !functionaries) {
    return reject('NOT_A_STEP');
  }
  const signing = new Set(keyids);
  const named = functionaries.filter(({ signsAs }) => signing.has(signsAs));
  if (named.length === 0) {
    return reject('KEY_NOT_AUTHORISED', { expected: functionaries.map(({ signsAs }) => signsAs) });
  }
  const valid = named.filter(
    ({ key }) =>
      validSignatures(link.metadata, [key], link.signaturesReceivedAt, SIGNATURES_TRIED).length > 0,
  );
  if (valid.length === 0) {
    return reject('SIGNATURE_INVALID');
  }
  const chain = chainNamedBy(payload);
  if (chain !== undefined && chain !== policy.chain) {
    return reject('OTHER_CHAIN', { expected: [policy.chain], found: [chain] });
  }
  const age = (policy.at.getTime() - link.receivedAt.getTime()) / 1_000;
  const maxAge = maxAgeOf(policy, step);
  if (maxAge !== undefined && age > maxAge) {
    return reject('TOO_OLD', { expected: [String(maxAge)], found: [String(Math.ceil(age))] });
  }
  const judged = valid.map((signer) => ({
    signer,
    ...judgeSignature(signer.key, 'functionary', link.signaturesReceivedAt, policy),
  }));
  const met = judged.map((signature) => signature.met);
  const counting = judged.filter(({ refusal }) => refusal === undefined);
  const [refused] = judged;
  if (counting.length === 0 && refused?.refusal) {
    return reject(refused.refusal, { keyids: valid.map(({ signsAs }) => signsAs), met });
  }
  return { link, step, signers: counting.map(({ signer }) => signer), met };
}

/** Key ids that are told of a link that does not count. */
const KEYIDS_NAMED = 16;

export function namedKeyids(keyids: readonly string[]): Pick<RejectedLink, 'keyids' | 'omittedKeyids'> {
  const omitted = keyids.length - KEYIDS_NAMED;
  const named = keyids.slice(0, KEYIDS_NAMED).map(detached);
  return { keyids: named, ...(omitted > 0 ? { omittedKeyids: omitted } : {}) };
}

/** A text cut out of a file holds all of the file in memory; this is one of its own. */
function detached(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}

export function isAccepted<L extends EvidenceLink>(
  result: AcceptedLink<L> | RejectedLink,
): result is AcceptedLink<L> {
  return 'signers' in result;
}

/** Seconds for which a link of the step counts; undefined: for ever. */
export function maxAgeOf({ settings }: Pick<Policy, 'settings'>, step: string): number | undefined {
  return Object.hasOwn(settings.maxAge, step) ? settings.maxAge[step] : undefined;
}
