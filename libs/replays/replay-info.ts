import type { ReplayChainProgress, ReplayProgress } from '#persistence/replays/find-replays.js';
import type { ReplayState } from '#persistence/replays/replay.entity.js';
import { writeDigest } from '#platform/digest.js';

/** What an operator is told of a replay. */
export interface ReplayInfo {
  readonly id: string;
  readonly state: ReplayState;
  readonly filter: object;
  readonly hypothetical: { readonly layout: string } | null;
  readonly dryRun: boolean;
  readonly reason: string;
  /** Id of the token that planned it. */
  readonly actor: string;
  readonly total: number;
  readonly done: number;
  /** Found from other inputs than before; some of them flip. */
  readonly changed: number;
  readonly flips: number;
  /** Percent of flips up to which one operator may apply it alone. */
  readonly flipsAlone: number;
  readonly needsApproval: boolean;
  readonly approvedBy: string | null;
  readonly appliedBy: string | null;
  readonly superseded: number;
  readonly errors: number;
  /** Subjects a second, and seconds to go; null while nothing moves. */
  readonly rate: number | null;
  readonly eta: number | null;
  /** Once everything is verified: what `apply` must name. */
  readonly planDigest: string | null;
  /** The trust or the layout of a chain has moved since: it cannot be applied any more. */
  readonly stale: boolean;
  readonly error: string | null;
  readonly chains: readonly ReplayChainProgress[];
  readonly createdAt: string;
  readonly endedAt: string | null;
}

export function replayInfo(row: ReplayProgress): ReplayInfo {
  const { total, done, rate } = row;
  return {
    id: row.id,
    state: row.state,
    filter: row.filter.subject
      ? { ...row.filter, subject: writeDigest(Buffer.from(row.filter.subject, 'hex')) }
      : row.filter,
    hypothetical: row.hypothetical_layout && { layout: row.hypothetical_layout.toString('hex') },
    dryRun: row.dry_run,
    reason: row.reason,
    actor: row.actor,
    total,
    done,
    changed: row.changed,
    flips: row.flips,
    flipsAlone: row.flips_alone,
    needsApproval: needsApproval(row),
    approvedBy: row.approved_by,
    appliedBy: row.applied_by,
    superseded: row.superseded,
    errors: row.errors,
    rate: rate === null ? null : Math.round(rate * 10) / 10,
    eta: rate === null || rate <= 0 ? null : Math.ceil((total - done) / rate),
    planDigest: row.plan_digest?.toString('hex') ?? null,
    stale: row.is_stale,
    error: row.error,
    chains: row.chains ?? [],
    createdAt: row.created_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

/** Does it flip more than one operator may decide? */
export function needsApproval({ flips, total, flips_alone: alone }: ReplayProgress): boolean {
  return flips * 100 > alone * total;
}

const AT_REST: readonly ReplayState[] = ['ready', 'applied', 'cancelled', 'failed'];

/** Nothing moves it any more unless an operator does. */
export function isAtRest({ state }: ReplayInfo): boolean {
  return AT_REST.includes(state);
}
