import type { KeyChangeKind, KeyRecord } from './key-record.js';
import { type Limit, limitsInForce } from './limits-in-force.js';

/** The limits that the change would end: giving trust back is not for whoever took it. */
export function endedBy(record: KeyRecord, change: KeyChangeKind): Limit[] {
  const limits = limitsInForce(record.changes);
  switch (change.kind) {
    case 'lifted':
      return limits.filter(({ kind }) => kind === 'suspended');
    case 'undone':
      return limits.filter(({ seq }) => seq === change.undoes);
    default:
      return [];
  }
}

/**
 * Would nothing be different after it? A limit takes trust from what an equal or wider one of its kind has taken it from
 * already: dates move earlier by a further change, and later only by undoing the one in force.
 */
export function isWithoutEffect(record: KeyRecord, change: KeyChangeKind): boolean {
  const limits = limitsInForce(record.changes);
  switch (change.kind) {
    case 'retired':
      return limits.some((limit) => limit.kind === 'retired' && limit.effective <= change.effective);
    case 'compromised':
      return limits.some(
        (limit) => limit.kind === 'compromised' && begins(limit.since) <= begins(change.since),
      );
    case 'suspended':
    case 'misissued':
      return limits.some(({ kind }) => kind === change.kind);
    case 'lifted':
    case 'undone':
      return endedBy(record, change).length === 0;
  }
}

function begins(since: Date | undefined): number {
  return since?.getTime() ?? Number.NEGATIVE_INFINITY;
}
