import type { Reader } from '../transaction.js';
import { DEAD_AFTER } from './verification-mark.entity.js';

export interface OutboxState {
  /** Subjects that need verification and are not dead. */
  readonly waiting: number;
  readonly oldestSeconds: number;
  readonly dead: number;
}

/** Handed out for the last time, and not verified in that time either. */
const IS_DEAD = `attempts >= ${DEAD_AFTER} and claimed_until < now()`;

export async function outboxState(reader: Reader): Promise<OutboxState> {
  const [row] = await reader.query<[{ waiting: string; oldest: string | null; dead: string }]>(
    `select count(*) filter (where not (${IS_DEAD})) as waiting,
            extract(epoch from now() - min(marked_at) filter (where not (${IS_DEAD}))) as oldest,
            count(*) filter (where ${IS_DEAD}) as dead
       from verification_mark`,
  );
  return {
    waiting: Number(row.waiting),
    oldestSeconds: Math.max(0, Number(row.oldest ?? 0)),
    dead: Number(row.dead),
  };
}

export interface ListedMark {
  readonly chain: string;
  readonly subject: Buffer;
  readonly attempts: number;
  readonly markedAt: Date;
}

/** The oldest first. Without a chain, those of every chain. */
export async function listMarks(
  reader: Reader,
  { chainId, dead, limit }: { chainId: number | null; dead: boolean; limit: number },
): Promise<ListedMark[]> {
  return reader.query<ListedMark[]>(
    `select chain.name as chain, mark.subject, mark.attempts, mark.marked_at as "markedAt"
       from verification_mark mark join chain on chain.id = mark.chain_id
      where ($1::integer is null or mark.chain_id = $1) and (${IS_DEAD}) = $2
      order by mark.marked_at limit $3`,
    [chainId, dead, limit],
  );
}

/** Dead marks are handed out again, as if they had just been made. Returns how many there were. */
export async function retryMarks(
  reader: Reader,
  { chainId, subject }: { chainId: number | null; subject: Buffer | null },
): Promise<number> {
  const [, count] = await reader.query<[unknown, number]>(
    `update verification_mark set attempts = 0, claimed_until = '-infinity'
      where ($1::integer is null or chain_id = $1) and ($2::bytea is null or subject = $2) and ${IS_DEAD}`,
    [chainId, subject],
  );
  return count;
}
