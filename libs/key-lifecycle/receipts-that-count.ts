import type { KeyRecord } from './key-record.js';
import { limitsInForce } from './limits-in-force.js';
import type { LifecyclePolicy } from './signature-counts.js';

/** Times of receipt, in milliseconds since 1970: from the first on, and before the second. */
export interface Receipts {
  readonly from: number;
  readonly before: number;
}

/**
 * The same rules as `signatureCounts`, turned round: when must a signature have been received to count? One unbroken
 * time, which a query can compare many receipts with; undefined: none counts.
 */
export function receiptsThatCount(
  { notBefore, notAfter, changes }: KeyRecord,
  { skewMs, grandfather }: LifecyclePolicy,
): Receipts | undefined {
  const ends = limitsInForce(changes).map((limit) => {
    switch (limit.kind) {
      case 'retired':
        return limit.effective.getTime();
      case 'compromised':
        return grandfather === 'byReceipt' && limit.since ? limit.since.getTime() : Number.NEGATIVE_INFINITY;
      default:
        return Number.NEGATIVE_INFINITY;
    }
  });
  const from = notBefore ? notBefore.getTime() - skewMs : Number.NEGATIVE_INFINITY;
  // notAfter is the last millisecond that counts, not the first that does not.
  const lapses = notAfter ? notAfter.getTime() + skewMs + 1 : Number.POSITIVE_INFINITY;
  const before = Math.min(lapses, ...ends);
  return from < before ? { from, before } : undefined;
}
