import { channels } from '../channels.js';
import type { Reader, Transaction } from '../transaction.js';
import type { ReplayFilter, ReplayState } from './replay.entity.js';

/** Where a replay is that nobody may move meanwhile. */
export async function lockReplay(tx: Transaction, replayId: string): Promise<ReplayState | undefined> {
  const [row] = await tx.query<{ state: ReplayState }[]>(
    'select state from replay where id = $1 for update',
    [replayId],
  );
  return row?.state;
}

export interface UnplannedPart {
  readonly replayId: string;
  readonly chainId: number;
  readonly filter: ReplayFilter;
}

/** Chains of replays that are not planned yet. */
export async function unplannedParts(reader: Reader): Promise<UnplannedPart[]> {
  return reader.query<UnplannedPart[]>(
    `select part.replay_id as "replayId", part.chain_id as "chainId", replay.filter
       from replay join replay_chain part on part.replay_id = replay.id
      where replay.state = 'planning' and part.planned_at is null order by replay.id, part.chain_id`,
  );
}

/** Every chain is planned: verifying begins. */
export async function startVerifying(tx: Transaction, replayId: string): Promise<void> {
  await tx.query(
    `update replay set state = 'planned', ${STARTS}
      where id = $1 and state = 'planning' and not exists (
        select from replay_chain where replay_id = $1 and planned_at is null)`,
    [replayId],
  );
}

/** A paused replay goes on where it was. */
export async function resumeReplay(tx: Transaction, replayId: string): Promise<void> {
  await tx.query(
    `update replay set ${STARTS}, state = case when exists (
        select from replay_chain where replay_id = $1 and planned_at is null) then 'planning' else 'planned' end
      where id = $1`,
    [replayId],
  );
  await notify(tx, replayId);
}

/** SQL: from now on the rate is reckoned anew. */
const STARTS = `moving_since = clock_timestamp(),
  done_before = (select coalesce(sum(done), 0) from replay_chain where replay_id = $1)`;

export async function pauseReplay(tx: Transaction, replayId: string): Promise<void> {
  await tx.query(`update replay set state = 'paused', moving_since = null where id = $1`, [replayId]);
  await notify(tx, replayId);
}

/** `applied`, `cancelled` or, with the code of the reason, `failed`: nothing moves it any more. */
export async function endReplay(
  tx: Transaction,
  replayId: string,
  state: 'applied' | 'cancelled' | 'failed',
  error: string | null = null,
): Promise<void> {
  await tx.query(
    'update replay set state = $2, error = $3, moving_since = null, ended_at = clock_timestamp() where id = $1',
    [replayId, state, error],
  );
  await notify(tx, replayId);
}

export async function approveReplay(tx: Transaction, replayId: string, actor: string): Promise<void> {
  await tx.query('update replay set approved_by = $2 where id = $1', [replayId, actor]);
  await notify(tx, replayId);
}

/** From here on workers switch its chains. */
export async function startApplying(
  tx: Transaction,
  replayId: string,
  { actor, reason }: { actor: string; reason: string },
): Promise<void> {
  await tx.query(`update replay set state = 'applying', applied_by = $2, apply_reason = $3 where id = $1`, [
    replayId,
    actor,
    reason,
  ]);
  await notify(tx, replayId);
}

/** Ids of the replays in a state, the oldest first. */
export async function replaysIn(
  reader: Reader,
  state: 'planning' | 'planned' | 'applying',
): Promise<string[]> {
  const rows = await reader.query<{ id: string }[]>('select id from replay where state = $1 order by id', [
    state,
  ]);
  return rows.map(({ id }) => id);
}

export async function unswitchedChains(reader: Reader, replayId: string): Promise<number[]> {
  const rows = await reader.query<{ chain_id: number }[]>(
    'select chain_id from replay_chain where replay_id = $1 and switched_at is null order by chain_id',
    [replayId],
  );
  return rows.map(({ chain_id: chainId }) => chainId);
}

async function notify(tx: Transaction, replayId: string): Promise<void> {
  await tx.query('select pg_notify($1, $2)', [channels.replay, replayId]);
}
