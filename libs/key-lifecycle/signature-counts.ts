import type { KeyChange, KeyRecord } from './key-record.js';

export type KeyRefusal =
  | 'KEY_NOT_VALID_AT_TIME'
  | 'KEY_RETIRED'
  | 'KEY_SUSPENDED'
  | 'KEY_COMPROMISED'
  | 'KEY_MISISSUED';

export type Standing =
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
 */
export function signatureCounts(record: KeyRecord, receivedAt: Date, policy: LifecyclePolicy): Standing {
  const received = receivedAt.getTime();
  const changes = standingChanges(record.changes);
  let grandfathered = false;
  if (isOutside(record, received, policy.skewMs)) {
    return refused('KEY_NOT_VALID_AT_TIME');
  }
  for (const change of changes) {
    switch (change.kind) {
      case 'misissued':
        return refused('KEY_MISISSUED');
      case 'compromised':
        if (!change.since || received >= change.since.getTime() || policy.grandfather === 'never') {
          return refused('KEY_COMPROMISED');
        }
        grandfathered = true;
        break;
      case 'retired':
        if (received >= change.effective.getTime()) {
          return refused('KEY_RETIRED');
        }
        break;
      default:
        break;
    }
  }
  return isSuspended(changes) ? refused('KEY_SUSPENDED') : { counts: true, grandfathered };
}

/** Changes that no later one undoes. */
function standingChanges(changes: readonly KeyChange[]): KeyChange[] {
  const undone = new Set(changes.flatMap((change) => (change.kind === 'undone' ? [change.undoes] : [])));
  return changes.filter(({ seq, kind }) => kind !== 'undone' && !undone.has(seq));
}

function isSuspended(changes: readonly KeyChange[]): boolean {
  return changes.findLast(({ kind }) => kind === 'suspended' || kind === 'lifted')?.kind === 'suspended';
}

function isOutside({ notBefore, notAfter }: KeyRecord, received: number, skewMs: number): boolean {
  return (
    (notBefore !== undefined && received < notBefore.getTime() - skewMs) ||
    (notAfter !== undefined && received > notAfter.getTime() + skewMs)
  );
}

function refused(code: KeyRefusal): Standing {
  return { counts: false, code };
}
