import type { Reader, Transaction } from '../transaction.js';
import { newestThatCounts } from '../verdicts/newest-that-counts.js';
import type { UnplannedPart } from './move-replay.js';
import type { ReplayFilter } from './replay.entity.js';

/** Where to look first: few verdicts depend on one key, or are about one subject. */
const CANDIDATES = {
  subject: 'select $4::bytea, true',
  // A verdict of an older build may depend on any key.
  key: `select subject, bool_or(by_key) from (
          select subject, true as by_key from verdict_key where chain_id = $2 and fingerprint = $3
          union all select subject, false from verdict where chain_id = $2 and relies_on is null) found
         group by subject`,
  all: 'select digest, true from subject where chain_id = $2',
} as const;

const planning = (candidates: string): string =>
  `with planned as (
     insert into replay_item (replay_id, chain_id, subject, verdict_seq, outcome_before)
     select $1, $2, candidate.subject, current.seq, current.outcome
       from (${candidates}) candidate(subject, by_key)
      cross join lateral ${newestThatCounts(
        `seq, outcome, layout_id, evaluated_at, relies_on is not null as is_said,
         (basis ->> 'engine')::integer as engine`,
        { chain: '$2', subject: 'candidate.subject' },
      )} current
      where (candidate.by_key or not current.is_said)
        and ($3::bytea is null or $4::bytea is null or not current.is_said or exists (
              select from verdict_key
               where chain_id = $2 and fingerprint = $3 and verdict_key.subject = candidate.subject))
        and ($4::bytea is null or candidate.subject = $4)
        and ($5::bytea is null or current.layout_id = $5)
        and ($6::timestamptz is null or current.evaluated_at >= $6)
        and ($7::timestamptz is null or current.evaluated_at < $7)
        and ($8::integer is null or current.engine is null or current.engine < $8)
     returning 1)
   select count(*)::integer as total from planned`;

const STATEMENTS = {
  subject: planning(CANDIDATES.subject),
  key: planning(CANDIDATES.key),
  all: planning(CANDIDATES.all),
};

/**
 * So many rows at once are counted for the planner, which otherwise takes a replay for a handful of them, and looks
 * through all to find one, until somebody counts.
 */
const WORTH_COUNTING = 100;

/**
 * Fixes which verdicts of a chain a replay is about: those that the filter chooses, as they are at this moment. What the
 * chain trusts is read before, so that a change in between makes the plan stale and never goes unseen.
 */
export async function planChain(
  tx: Transaction,
  { replayId, chainId, filter }: UnplannedPart,
): Promise<void> {
  const [part] = await tx.query<{ trust_epoch: string; active_layout: Buffer | null }[]>(
    `select chain.trust_epoch, chain.active_layout
       from replay_chain part
       join chain on chain.id = part.chain_id
       join replay on replay.id = part.replay_id and replay.state = 'planning'
      where part.replay_id = $1 and part.chain_id = $2 and part.planned_at is null for update of part`,
    [replayId, chainId],
  );
  if (!part) {
    return;
  }
  const [{ total }] = await tx.query<[{ total: number }]>(
    STATEMENTS[filter.subject ? 'subject' : filter.key ? 'key' : 'all'],
    [
      replayId,
      chainId,
      bytes(filter.key),
      bytes(filter.subject),
      bytes(filter.layout),
      filter.from ?? null,
      filter.to ?? null,
      filter.engineBelow ?? null,
    ],
  );
  await tx.query(
    `update replay_chain set planned_at = clock_timestamp(), trust_epoch = $3, active_layout = $4, total = $5
      where replay_id = $1 and chain_id = $2`,
    [replayId, chainId, part.trust_epoch, part.active_layout, total],
  );
  if (total >= WORTH_COUNTING) {
    await tx.query('analyze replay_item');
  }
}

function bytes(hex: string | undefined): Buffer | null {
  return hex === undefined ? null : Buffer.from(hex, 'hex');
}

/** The chains in which the filter may find something. */
export async function chainsToReplay(reader: Reader, filter: ReplayFilter): Promise<number[]> {
  const rows = await reader.query<{ id: number }[]>(
    `select id from chain
      where ($1::bytea is null
             or exists (select from verdict_key where chain_id = chain.id and fingerprint = $1)
             or exists (select from verdict where chain_id = chain.id and relies_on is null))
        and ($2::bytea is null or exists (select from subject where chain_id = chain.id and digest = $2))
        and ($3::bytea is null or exists (select from layout where chain_id = chain.id and layout.id = $3))
      order by id`,
    [bytes(filter.key), bytes(filter.subject), bytes(filter.layout)],
  );
  return rows.map(({ id }) => id);
}
