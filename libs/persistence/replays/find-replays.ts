import type { Reader } from '../transaction.js';
import type { ReplayFilter, ReplayState } from './replay.entity.js';
import { IS_STALE } from './switch-chain.js';

/** A replay as it is now, summed up over its chains. */
export interface ReplayProgress {
  readonly id: string;
  readonly state: ReplayState;
  readonly filter: ReplayFilter;
  readonly hypothetical_layout: Buffer | null;
  readonly dry_run: boolean;
  readonly reason: string;
  readonly actor: string;
  readonly flips_alone: number;
  readonly plan_digest: Buffer | null;
  readonly approved_by: string | null;
  readonly applied_by: string | null;
  readonly error: string | null;
  readonly created_at: Date;
  readonly ended_at: Date | null;
  readonly total: number;
  readonly done: number;
  readonly changed: number;
  readonly flips: number;
  readonly superseded: number;
  readonly errors: number;
  /** Subjects a second since verifying began or was resumed; null while nothing moves. */
  readonly rate: number | null;
  readonly is_stale: boolean;
  readonly chains: readonly ReplayChainProgress[];
}

export interface ReplayChainProgress {
  readonly chain: string;
  readonly total: number;
  readonly done: number;
  readonly flips: number;
  readonly stale: boolean;
  readonly switchedAt: string | null;
}

export interface ReplaySearch {
  readonly id?: string;
  /** Only those about this chain and no other; null: whatever chain. */
  readonly chainId: number | null;
  /** Only those before this one. */
  readonly before?: string | undefined;
  readonly limit?: number;
}

/** The newest first. */
export async function findReplays(reader: Reader, search: ReplaySearch): Promise<ReplayProgress[]> {
  return reader.query<ReplayProgress[]>(
    `select replay.*, parts.*,
            case when replay.state = 'planned' then
              ((parts.done - replay.done_before)
                / nullif(extract(epoch from clock_timestamp() - replay.moving_since), 0))::float8 end as rate
       from replay
      cross join lateral (
        select coalesce(sum(part.total), 0)::integer as total, coalesce(sum(part.done), 0)::integer as done,
               coalesce(sum(part.changed), 0)::integer as changed, coalesce(sum(part.flips), 0)::integer as flips,
               coalesce(sum(part.superseded), 0)::integer as superseded,
               coalesce(sum(part.errors), 0)::integer as errors,
               coalesce(bool_or(${IS_STALE} and part.switched_at is null), false) as is_stale,
               coalesce(bool_and(part.chain_id = $2), false) as is_own,
               json_agg(json_build_object(
                 'chain', chain.name, 'total', part.total, 'done', part.done, 'flips', part.flips,
                 'stale', coalesce(${IS_STALE}, false) and part.switched_at is null,
                 'switchedAt', to_char(part.switched_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
                 order by chain.name) as chains
          from replay_chain part join chain on chain.id = part.chain_id
         where part.replay_id = replay.id) parts
      where ($1::bigint is null or replay.id = $1) and ($2::integer is null or parts.is_own)
        and ($3::bigint is null or replay.id < $3)
      order by replay.id desc limit $4`,
    [search.id ?? null, search.chainId, search.before ?? null, search.limit ?? 1],
  );
}
