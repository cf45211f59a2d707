import type { Reader } from '../transaction.js';
import type { FindingBody, Outcome } from '../verdicts/verdict-body.js';
import type { Cause } from '../verdicts/verdict-cause.js';

/** What an operator must see first: what would not be allowed any more. */
const FLIPS = ['pass fail', 'pass pending', 'fail pass', 'pending pass', 'pending fail', 'fail pending'];

/** Place of a flip among the flips of a replay; null when the outcome is the same. */
export function flipRank(before: Outcome, after: Outcome): number | null {
  return before === after ? null : FLIPS.indexOf(`${before} ${after}`);
}

export interface Flip {
  readonly chain_id: number;
  readonly chain: string;
  readonly subject: Buffer;
  readonly flip_rank: number;
  readonly outcome_before: Outcome;
  readonly outcome_after: Outcome;
  readonly cause: readonly Cause[];
  readonly findings: readonly (FindingBody & { readonly gone?: boolean })[];
}

/** Where a page ended. */
export interface FlipCursor {
  readonly rank: number;
  readonly chainId: number;
  readonly subject: Buffer;
}

export async function findFlips(
  reader: Reader,
  replayId: string,
  after: FlipCursor | undefined,
  limit: number,
): Promise<Flip[]> {
  return reader.query<Flip[]>(
    `select item.chain_id, chain.name as chain, item.subject, item.flip_rank, item.outcome_before,
            item.outcome_after, item.cause, item.findings
       from replay_item item join chain on chain.id = item.chain_id
      where item.replay_id = $1 and item.flip_rank is not null
        and (item.flip_rank, item.chain_id, item.subject) > ($2, $3, $4)
      order by item.flip_rank, item.chain_id, item.subject limit $5`,
    [replayId, after?.rank ?? -1, after?.chainId ?? 0, after?.subject ?? Buffer.alloc(0), limit],
  );
}

/** How many flips there are of each kind, as `pass→fail`. */
export async function countFlips(reader: Reader, replayId: string): Promise<Record<string, number>> {
  const rows = await reader.query<{ kind: string; count: number }[]>(
    `select outcome_before || '→' || outcome_after as kind, count(*)::integer as count
       from replay_item where replay_id = $1 and flip_rank is not null
      group by flip_rank, kind order by flip_rank`,
    [replayId],
  );
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
}
