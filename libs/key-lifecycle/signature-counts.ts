import type { KeyRecord } from './key-record.js';
import { type Limit, limitsInForce } from './limits-in-force.js';

/** The gravest first: it is the one that is told. */
export const KEY_REFUSALS = [
  'KEY_MISISSUED',
  'KEY_COMPROMISED',
  'KEY_SUSPENDED',
  'KEY_RETIRED',
  'KEY_NOT_VALID_AT_TIME',
] as const;
export type KeyRefusal = (typeof KEY_REFUSALS)[number];

export type Standing =
  /** `grandfathered`: the key is compromised, but the signature was received before that. */
  | { readonly counts: true; readonly grandfathered: boolean }
  | { readonly counts: false; readonly code: KeyRefusal };

export interface LifecyclePolicy {
  /** Clocks of client and server may differ by so much at notBefore and notAfter. */
  readonly skewMs: number;
  /**
   * Whether what was received before a compromise began stays valid. Receipt times are this service's word alone, hence
   * `never` unless the chain says otherwise.
   */
  readonly grandfather: 'never' | 'byReceipt';
}

/**
 * Does a signature count that the service received at that time? The receipt bounds the time of signing from above
 * only: a key's signature that arrives late cannot be shown to be old. The table stands in docs/trust.md.
 *
 * Each limit decides by itself, so that neither their order nor a further one makes a refused signature count. Times are
 * compared so that one that is no time refuses.
 */
export function signatureCounts(record: KeyRecord, receivedAt: Date, policy: LifecyclePolicy): Standing {
  const limits = limitsInForce(record.changes);
  const refusals = limits.map((limit) => refusalBy(limit, receivedAt, policy));
  if (!isValidAt(record, receivedAt, policy)) {
    refusals.push('KEY_NOT_VALID_AT_TIME');
  }
  const gravest = KEY_REFUSALS.find((code) => refusals.includes(code));
  return gravest
    ? { counts: false, code: gravest }
    : { counts: true, grandfathered: limits.some(({ kind }) => kind === 'compromised') };
}

function refusalBy(limit: Limit, receivedAt: Date, { grandfather }: LifecyclePolicy): KeyRefusal | undefined {
  switch (limit.kind) {
    case 'misissued':
      return 'KEY_MISISSUED';
    case 'compromised':
      return grandfather === 'byReceipt' && limit.since && receivedAt < limit.since
        ? undefined
        : 'KEY_COMPROMISED';
    case 'suspended':
      return 'KEY_SUSPENDED';
    case 'retired':
      return receivedAt < limit.effective ? undefined : 'KEY_RETIRED';
  }
}

function isValidAt(
  { notBefore, notAfter }: KeyRecord,
  receivedAt: Date,
  { skewMs }: LifecyclePolicy,
): boolean {
  const received = receivedAt.getTime();
  return (
    (notBefore === undefined || received >= notBefore.getTime() - skewMs) &&
    (notAfter === undefined || received <= notAfter.getTime() + skewMs)
  );
}
