import {
  type Functionary,
  fingerprintOf,
  type PublicKey,
  SIGNATURES_TRIED,
  validSignatures,
} from '#in-toto/index.js';
import type { Arrival } from '#persistence/subjects/subject-evidence.js';
import type { MetSignature } from '#persistence/verdicts/verdict-basis.js';
import type { EvidenceLink, Policy, RejectedLink } from './evidence.js';
import { judgeSignature } from './met-signatures.js';
import { chainNamedBy } from './named-chain.js';

/** A functionary whose signature on a link is valid and counts, and when it was first known that he says so. */
export interface Signer extends Functionary {
  readonly saidAt: Arrival;
}

/** A link that may stand for its step, under the ids of the functionaries whose signature on it is valid and counts. */
export interface AcceptedLink<L extends EvidenceLink = EvidenceLink> {
  readonly link: L;
  readonly step: string;
  readonly signers: readonly Signer[];
  /** When the last of them said so: who signs what another has said before says it now. */
  readonly saidAt: Arrival;
  /** All valid ones, also those that the key register refuses. */
  readonly met: readonly MetSignature[];
}

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
  const valid = named.flatMap((signer) => signatureOf(signer, link, policy) ?? []);
  if (valid.length === 0) {
    return reject('SIGNATURE_INVALID');
  }
  const chain = chainNamedBy(payload);
  if (chain !== undefined && chain !== policy.chain) {
    return reject('OTHER_CHAIN', { expected: [policy.chain], found: [chain] });
  }
  const maxAge = maxAgeOf(policy, step) ?? Number.POSITIVE_INFINITY;
  const ageOf = ({ saidAt }: ValidSignature): number =>
    (policy.at.getTime() - saidAt.receivedAt.getTime()) / 1_000;
  const fresh = valid.filter((signature) => ageOf(signature) <= maxAge);
  if (fresh.length === 0) {
    const age = Math.min(...valid.map(ageOf));
    return reject('TOO_OLD', { expected: [String(maxAge)], found: [String(Math.ceil(age))] });
  }
  const met = fresh.map((signature) => signature.met);
  const counting = fresh.filter(({ refusal }) => refusal === undefined);
  const [refused] = fresh;
  const [first, ...others] = counting;
  if (!first) {
    return reject(refused?.refusal ?? 'SIGNATURE_INVALID', {
      keyids: fresh.map(({ signer }) => signer.signsAs),
      met,
    });
  }
  const saidAt = others.reduce((last, { saidAt }) => (saidAt.seq > last.seq ? saidAt : last), first.saidAt);
  const signers = counting.map(({ signer, saidAt }) => ({ ...signer, saidAt }));
  return { link, step, signers, saidAt, met };
}

type ValidSignature = ReturnType<typeof judgeSignature> & {
  readonly signer: Functionary;
  readonly saidAt: Arrival;
};

/**
 * As it stood when the signer first said this; where the register refuses that, since the key was not valid yet, as it
 * stands by the file that is here. Undefined when the file has no valid signature of his.
 */
function signatureOf(signer: Functionary, link: EvidenceLink, policy: Policy): ValidSignature | undefined {
  const { key } = signer;
  const judged = [...new Set([firstSaid(link, key), link.arrival])]
    .filter(({ receivedAt }) => isValid(link, key, receivedAt))
    .map((saidAt) => ({
      signer,
      saidAt,
      ...judgeSignature(key, 'functionary', saidAt.receivedAt, policy),
    }));
  return judged.find(({ refusal }) => refusal === undefined) ?? judged[0];
}

function isValid({ metadata }: EvidenceLink, key: PublicKey, receivedAt: Date): boolean {
  return validSignatures(metadata, [key], receivedAt, SIGNATURES_TRIED).length > 0;
}

/** Of a signer that the index does not know to have said it: as old as anybody who did. */
function firstSaid({ said, arrival }: EvidenceLink, key: PublicKey): Arrival {
  const own = [said.get(fingerprintOf(key) ?? ''), said.get('')].flatMap((known) => known ?? []);
  return earliest(own.length > 0 ? own : [...said.values()]) ?? arrival;
}

function earliest([first, ...others]: readonly Arrival[]): Arrival | undefined {
  return first && others.reduce((known, other) => (other.seq < known.seq ? other : known), first);
}

export function isSameSigner(one: Functionary, other: Functionary): boolean {
  return one.listedAs === other.listedAs && one.signsAs === other.signsAs;
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
