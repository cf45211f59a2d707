import type { Receipts } from '#key-lifecycle/receipts-that-count.js';
import type { Reader } from '../transaction.js';
import { newestThatCounts } from './newest-that-counts.js';

export interface VerdictsByKey {
  /** Digests whose current verdict was found with the key, whether its signatures counted or not. */
  readonly dependent: number;
  /**
   * Those that passed, but are not allowed now, since a signature of the key stands otherwise than it did. Null: more
   * depend on the key than are looked at.
   */
  readonly denied: number | null;
}

/** About two seconds of looking. */
const LOOKED_AT = 100_000;

/** What a key is worth to the chain's current verdicts. `receipts`: when its signatures must have come in to count. */
export async function verdictsByKey(
  reader: Reader,
  chainId: number,
  fingerprint: Buffer,
  receipts: Receipts | undefined,
  lookedAt = LOOKED_AT,
): Promise<VerdictsByKey> {
  const [row] = await reader.query<[{ dependent: string }]>(
    'select count(*) as dependent from verdict_key where chain_id = $1 and fingerprint = $2',
    [chainId, fingerprint],
  );
  const dependent = Number(row.dependent);
  const denied = dependent > lookedAt ? null : await countDenied(reader, chainId, fingerprint, receipts);
  return { dependent, denied };
}

async function countDenied(
  reader: Reader,
  chainId: number,
  fingerprint: Buffer,
  receipts: Receipts | undefined,
): Promise<number> {
  const [row] = await reader.query<[{ denied: string }]>(
    `select count(*) as denied
       from verdict_key
       cross join lateral ${newestThatCounts('outcome, relies_on', { subject: 'verdict_key.subject' })} verdict
      where verdict_key.chain_id = $1 and verdict_key.fingerprint = $2 and verdict.outcome = 'pass' and exists (
            select from json_array_elements(verdict.relies_on) met
             where met ->> 'fingerprint' = $3
               and (met ->> 'standing' = 'refused')
                 = ((met ->> 'receivedAt')::timestamptz >= $4 and (met ->> 'receivedAt')::timestamptz < $5))`,
    [
      chainId,
      fingerprint,
      fingerprint.toString('hex'),
      timestamp(receipts?.from ?? Number.POSITIVE_INFINITY),
      timestamp(receipts?.before ?? Number.POSITIVE_INFINITY),
    ],
  );
  return Number(row.denied);
}

function timestamp(milliseconds: number): string {
  if (Number.isFinite(milliseconds)) {
    return new Date(milliseconds).toISOString();
  }
  return milliseconds > 0 ? 'infinity' : '-infinity';
}
