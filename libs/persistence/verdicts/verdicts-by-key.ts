import type { Receipts } from '#key-lifecycle/receipts-that-count.js';
import type { Reader } from '../transaction.js';
import { newestThatCounts } from './newest-that-counts.js';

export interface VerdictsByKey {
  /** Digests whose current verdict was found with the key, whether its signatures counted or not. */
  readonly dependent: number;
  /** Those that passed by a signature of the key which does not count now: they are not allowed any more. */
  readonly denied: number;
}

/** What a key is worth to the chain's current verdicts. `receipts`: when its signatures must have come in to count. */
export async function verdictsByKey(
  reader: Reader,
  chainId: number,
  fingerprint: Buffer,
  receipts: Receipts | undefined,
): Promise<VerdictsByKey> {
  const [row] = await reader.query<[{ dependent: string; denied: string }]>(
    `select count(*) as dependent, count(*) filter (where verdict.outcome = 'pass' and exists (
              select from json_array_elements(verdict.relies_on) signature
               where signature ->> 'fingerprint' = $3
                 and not ((signature ->> 'receivedAt')::timestamptz >= $4
                      and (signature ->> 'receivedAt')::timestamptz < $5))) as denied
       from verdict_key
       cross join lateral ${newestThatCounts('outcome, relies_on', { subject: 'verdict_key.subject' })} verdict
      where verdict_key.chain_id = $1 and verdict_key.fingerprint = $2`,
    [
      chainId,
      fingerprint,
      fingerprint.toString('hex'),
      timestamp(receipts?.from ?? Number.POSITIVE_INFINITY),
      timestamp(receipts?.before ?? Number.POSITIVE_INFINITY),
    ],
  );
  return { dependent: Number(row.dependent), denied: Number(row.denied) };
}

function timestamp(milliseconds: number): string {
  if (Number.isFinite(milliseconds)) {
    return new Date(milliseconds).toISOString();
  }
  return milliseconds > 0 ? 'infinity' : '-infinity';
}
