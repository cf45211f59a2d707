import { channels } from '../channels.js';
import type { Transaction } from '../transaction.js';
import { recordForReplay } from './record-for-replay.js';
import type { ReplayFilter } from './replay.entity.js';

export interface NewReplay {
  readonly filter: ReplayFilter;
  readonly hypotheticalLayout: Buffer | null;
  readonly dryRun: boolean;
  readonly reason: string;
  readonly actor: string;
  readonly rateLimit: number | null;
  readonly flipsAlone: number;
}

/** Orders a replay of these chains; workers plan it. */
export async function createReplay(
  tx: Transaction,
  replay: NewReplay,
  chainIds: readonly number[],
): Promise<string> {
  const [{ id }] = await tx.query<[{ id: string }]>(
    `insert into replay (filter, hypothetical_layout, dry_run, reason, actor, rate_limit, flips_alone)
     values ($1, $2, $3, $4, $5, $6, $7) returning id`,
    [
      JSON.stringify(replay.filter),
      replay.hypotheticalLayout,
      replay.dryRun,
      replay.reason,
      replay.actor,
      replay.rateLimit,
      replay.flipsAlone,
    ],
  );
  await tx.query('insert into replay_chain (replay_id, chain_id) select $1, unnest($2::integer[])', [
    id,
    chainIds,
  ]);
  const { filter, dryRun, actor, reason, hypotheticalLayout } = replay;
  const layout = hypotheticalLayout?.toString('hex');
  await recordForReplay(tx, id, {
    kind: 'replay-planned',
    body: { filter, dryRun, ...(layout ? { hypothetical: { layout } } : {}) },
    actor,
    reason,
  });
  await tx.query('select pg_notify($1, $2)', [channels.replay, id]);
  return id;
}
