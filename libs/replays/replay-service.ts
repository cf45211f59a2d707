import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { visibleChain } from '#persistence/chains/visible-chain.js';
import { createReplay } from '#persistence/replays/create-replay.js';
import { findReplays, type ReplayProgress } from '#persistence/replays/find-replays.js';
import {
  approveReplay,
  endReplay,
  lockReplay,
  pauseReplay,
  resumeReplay,
  startApplying,
} from '#persistence/replays/move-replay.js';
import { chainsToReplay } from '#persistence/replays/plan-chain.js';
import { recordForReplay } from '#persistence/replays/record-for-replay.js';
import type { ReplayFilter, ReplayState } from '#persistence/replays/replay.entity.js';
import type { Transaction } from '#persistence/transaction.js';
import type { EventKind } from '#persistence/trust/record-event.js';
import { inTurn, type Turn } from '#persistence/turn.js';
import type { Principal } from '#platform/access.js';
import { Config } from '#platform/config.js';
import { Problem } from '#platform/problems.js';
import { Journal } from '#storage/journal.js';
import { BlobLostError, MetadataReader } from '#storage/metadata-reader.js';
import { journalActs } from './journal-acts.js';
import { needsApproval, type ReplayInfo, replayInfo } from './replay-info.js';
import type { ReplayRequest } from './replay-request.js';

/** Takes the orders of operators; workers carry them out. */
@Injectable()
export class ReplayService {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly metadata: MetadataReader,
    private readonly config: Config,
    private readonly journal: Journal,
  ) {}

  async plan(caller: Principal, request: ReplayRequest): Promise<ReplayInfo> {
    const { subject, ...rest } = request.filter;
    const filter: ReplayFilter = { ...rest, ...(subject ? { subject: subject.toString('hex') } : {}) };
    const chainIds = await this.chainsOf(caller, request, filter);
    return inTurn(this.source, turnOf(caller), async (tx) => {
      const id = await createReplay(
        tx,
        {
          filter,
          hypotheticalLayout: request.hypothetical ? Buffer.from(request.hypothetical.layout, 'hex') : null,
          dryRun: request.dryRun,
          reason: request.reason,
          actor: caller.tokenId,
          rateLimit: request.rate ?? null,
          flipsAlone: this.config.replays.flipsAlone,
        },
        chainIds,
      );
      await journalActs(tx, this.journal, id);
      return replayInfo(await this.load(tx, caller, id));
    });
  }

  async list(caller: Principal, before: string | undefined, limit: number): Promise<ReplayInfo[]> {
    const rows = await findReplays(this.source, { chainId: caller.chain?.id ?? null, before, limit });
    return rows.map(replayInfo);
  }

  async find(caller: Principal, id: string): Promise<ReplayInfo> {
    return replayInfo(await this.load(this.source, caller, id));
  }

  /** What was planned counts from here on, if it is still what is true. */
  apply(caller: Principal, id: string, planDigest: string, reason: string): Promise<ReplayInfo> {
    return this.act(caller, id, ['ready'], async (tx, replay) => {
      refuseHypothetical(replay);
      if (replay.plan_digest?.toString('hex') !== planDigest) {
        throw new Problem('PLAN_DIFFERS');
      }
      refuseStale(replay);
      if (needsApproval(replay) && !replay.approved_by) {
        throw new Problem('SECOND_OPERATOR_NEEDED', {
          detail: `${replay.flips} of ${replay.total} verdicts flip, more than ${replay.flips_alone} %.`,
        });
      }
      await startApplying(tx, id, { actor: caller.tokenId, reason });
    });
  }

  /** Somebody else than the planner has looked at the plan and agrees. */
  approve(caller: Principal, id: string, reason: string): Promise<ReplayInfo> {
    return this.act(caller, id, ['ready'], async (tx, replay) => {
      refuseHypothetical(replay);
      refuseStale(replay);
      if (replay.actor === caller.tokenId) {
        throw new Problem('SECOND_OPERATOR_NEEDED', {
          detail: 'Who planned a replay cannot approve it too.',
        });
      }
      await approveReplay(tx, id, caller.tokenId);
      await record(tx, id, 'replay-approved', caller, reason);
      if (!replay.dry_run) {
        await startApplying(tx, id, { actor: caller.tokenId, reason });
      }
    });
  }

  pause(caller: Principal, id: string, reason: string): Promise<ReplayInfo> {
    return this.act(caller, id, ['planning', 'planned'], async (tx) => {
      await pauseReplay(tx, id);
      await record(tx, id, 'replay-paused', caller, reason);
    });
  }

  resume(caller: Principal, id: string, reason: string): Promise<ReplayInfo> {
    return this.act(caller, id, ['paused'], async (tx) => {
      await resumeReplay(tx, id);
      await record(tx, id, 'replay-resumed', caller, reason);
    });
  }

  cancel(caller: Principal, id: string, reason: string): Promise<ReplayInfo> {
    return this.act(caller, id, ['planning', 'planned', 'paused', 'ready'], async (tx) => {
      await endReplay(tx, id, 'cancelled');
      await record(tx, id, 'replay-cancelled', caller, reason);
    });
  }

  /** One operator at a time, and only in these states. */
  private act(
    caller: Principal,
    id: string,
    states: readonly ReplayState[],
    work: (tx: Transaction, replay: ReplayProgress) => Promise<void>,
  ): Promise<ReplayInfo> {
    return inTurn(this.source, turnOf(caller), async (tx) => {
      await this.load(tx, caller, id);
      await lockReplay(tx, id);
      const replay = await this.load(tx, caller, id);
      if (!states.includes(replay.state)) {
        throw new Problem('REPLAY_NOT_READY', {
          detail: `The replay is ${replay.state}; this can be done while it is ${states.join(' or ')}.`,
        });
      }
      await work(tx, replay);
      await journalActs(tx, this.journal, id);
      return replayInfo(await this.load(tx, caller, id));
    });
  }

  private async load(
    reader: Parameters<typeof findReplays>[0],
    caller: Principal,
    id: string,
  ): Promise<ReplayProgress> {
    const [replay] = /^\d{1,18}$/.test(id)
      ? await findReplays(reader, { id, chainId: caller.chain?.id ?? null })
      : [];
    if (!replay) {
      throw new Problem('REPLAY_UNKNOWN');
    }
    return replay;
  }

  private async chainsOf(
    caller: Principal,
    { hypothetical }: ReplayRequest,
    filter: ReplayFilter,
  ): Promise<number[]> {
    if (!hypothetical && !caller.chain && filter.chain === undefined) {
      return chainsToReplay(this.source, filter);
    }
    const chain = await visibleChain(this.source, caller, filter.chain);
    if (hypothetical) {
      await this.requireLayout(chain.name, Buffer.from(hypothetical.layout, 'hex'));
    }
    return [chain.id];
  }

  /** Its bytes are stored; whether the owners signed it is part of what the replay finds. */
  private async requireLayout(chain: string, id: Buffer): Promise<void> {
    const metadata = await this.metadata.read(chain, 'layouts', id).catch((error: unknown) => {
      throw error instanceof BlobLostError ? new Problem('LAYOUT_UNKNOWN') : error;
    });
    if (metadata.payload.type !== 'layout') {
      throw new Problem('LAYOUT_UNKNOWN');
    }
  }
}

/** Replays hold the rows of their chains, however many. */
function turnOf({ tokenId }: Principal): Turn {
  return { lane: 'replays', principal: tokenId };
}

function refuseHypothetical({ hypothetical_layout: layout }: ReplayProgress): void {
  if (layout) {
    throw new Problem('REPLAY_HYPOTHETICAL');
  }
}

function refuseStale({ is_stale: isStale }: ReplayProgress): void {
  if (isStale) {
    throw new Problem('PLAN_STALE');
  }
}

async function record(
  tx: Transaction,
  id: string,
  kind: EventKind,
  { tokenId: actor }: Principal,
  reason: string,
): Promise<void> {
  await recordForReplay(tx, id, { kind, actor, reason });
}
