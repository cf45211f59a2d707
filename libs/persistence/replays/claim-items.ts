import type { DataSource } from 'typeorm';
import type { Reader } from '../transaction.js';
import type { Outcome, VerdictBody } from '../verdicts/verdict-body.js';

/** Where a worker finds something to do. */
export interface ReplayPart {
  readonly replayId: string;
  readonly chainId: number;
  readonly hypotheticalLayout: Buffer | null;
  /** Subjects a second; null: what the configuration says. */
  readonly rateLimit: number | null;
}

export interface ClaimedItem {
  readonly subject: Buffer;
  readonly outcomeBefore: Outcome;
  readonly attempts: number;
  /** Of the verdict that was current when the replay was planned. */
  readonly inputsDigest: Buffer;
  readonly bodyBefore: VerdictBody;
}

/** Chains of dry runs under way in which somebody may take a subject, the oldest replay first. */
export async function openParts(reader: Reader): Promise<ReplayPart[]> {
  return reader.query<ReplayPart[]>(
    `select part.replay_id as "replayId", part.chain_id as "chainId",
            replay.hypothetical_layout as "hypotheticalLayout", replay.rate_limit as "rateLimit"
       from replay join replay_chain part on part.replay_id = replay.id
      where replay.state = 'planned' and part.done < part.total and exists (
        select from replay_item item
         where item.replay_id = replay.id and item.chain_id = part.chain_id and item.result is null
           and item.claimed_until < now())
      order by replay.id, part.chain_id`,
  );
}

/** Takes subjects that nobody holds, and holds them for a while. Several workers never take the same. */
export async function claimItems(
  source: DataSource,
  { replayId, chainId }: ReplayPart,
  { limit, leaseSeconds }: { limit: number; leaseSeconds: number },
): Promise<ClaimedItem[]> {
  const [rows] = await source.query<[ClaimedItem[], number]>(
    `update replay_item item
        set claimed_until = now() + make_interval(secs => $4), attempts = item.attempts + 1
       from (select subject from replay_item
              where replay_id = $1 and chain_id = $2 and result is null and claimed_until < now()
                and exists (select from replay where id = $1 and state = 'planned')
              order by claimed_until limit $3 for update skip locked) free
      where item.replay_id = $1 and item.chain_id = $2 and item.subject = free.subject
      returning item.subject, item.outcome_before as "outcomeBefore", item.attempts,
        (select inputs_digest from verdict
          where chain_id = $2 and verdict.subject = item.subject and seq = item.verdict_seq) as "inputsDigest",
        (select body from verdict
          where chain_id = $2 and verdict.subject = item.subject and seq = item.verdict_seq) as "bodyBefore"`,
    [replayId, chainId, limit, leaseSeconds],
  );
  return rows;
}

/** Gives subjects back that were not verified, to be taken again after these seconds. */
export async function releaseItems(
  source: DataSource,
  { replayId, chainId }: ReplayPart,
  subjects: readonly Buffer[],
  afterSeconds: number,
): Promise<void> {
  await source.query(
    `update replay_item set claimed_until = now() + make_interval(secs => $4), attempts = greatest(attempts - 1, 0)
      where replay_id = $1 and chain_id = $2 and subject = any($3) and result is null`,
    [replayId, chainId, subjects, afterSeconds],
  );
}
