import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { channels } from '#persistence/channels.js';
import { Hints } from '#persistence/hints.js';
import { closePlan, completePlans } from '#persistence/replays/close-plan.js';
import { failReplay } from '#persistence/replays/fail-replay.js';
import {
  endReplay,
  lockReplay,
  replaysIn,
  startVerifying,
  unplannedParts,
  unswitchedChains,
} from '#persistence/replays/move-replay.js';
import { planChain } from '#persistence/replays/plan-chain.js';
import { type SwitchResult, switchChain } from '#persistence/replays/switch-chain.js';
import { inLongTransaction, inTransaction, type Transaction } from '#persistence/transaction.js';
import { writtenTrust } from '#persistence/trust/written-trust.js';
import { AppLogger } from '#platform/app-logger.js';
import { Journal } from '#storage/journal.js';
import { ReplayVerifier } from './replay-verifier.js';
import { WokenWork } from './woken-work.js';

/** Hints may be lost; this often it is looked anyway whether a replay has something to do. */
const LOOK_EVERY_MS = 1_000;

/**
 * Carries replays out: plans them, verifies what is planned, closes the plan, switches the chains of those that are
 * applied. Each step is a transaction that another process repeats or continues when this one dies, so any number of
 * runners may work at the same replay.
 */
@Injectable()
export class ReplayRunner implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly work = new WokenWork(
    () => this.drain(),
    (error) => this.log.warn({ err: error }, 'replays could not go on; trying again'),
  );

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly verifier: ReplayVerifier,
    private readonly hints: Hints,
    private readonly journal: Journal,
    private readonly log: AppLogger,
  ) {}

  onApplicationBootstrap(): void {
    this.hints.listen(channels.replay, () => this.work.wake());
    this.work.start(LOOK_EVERY_MS);
  }

  async onModuleDestroy(): Promise<void> {
    this.verifier.stop();
    await this.work.stop();
  }

  private async drain(): Promise<void> {
    let moved = true;
    while (moved && !this.work.isStopped) {
      await this.applyAll();
      await this.planAll();
      moved = await this.verifier.verifySome();
      moved = (await this.closeAll()) || moved;
    }
  }

  private async planAll(): Promise<void> {
    for (const part of await unplannedParts(this.source)) {
      await this.attempt(part.replayId, () => inLongTransaction(this.source, (tx) => planChain(tx, part)));
    }
    for (const id of await replaysIn(this.source, 'planning')) {
      await this.attempt(id, () => inTransaction(this.source, (tx) => startVerifying(tx, id)));
    }
  }

  private async closeAll(): Promise<boolean> {
    let closed = false;
    for (const id of await completePlans(this.source)) {
      const close = () => inLongTransaction(this.source, (tx) => closePlan(tx, id));
      closed = (await this.attempt(id, close)) || closed;
    }
    return closed;
  }

  private async applyAll(): Promise<void> {
    for (const id of await replaysIn(this.source, 'applying')) {
      await this.attempt(id, () => this.apply(id));
    }
  }

  /** What keeps one replay from going on does not hold up the others. */
  private async attempt(replay: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.log.error({ err: error, replay }, 'a replay could not go on; trying again');
      return false;
    }
  }

  private async apply(id: string): Promise<void> {
    const isStale = await this.switchChains(id);
    await inTransaction(this.source, async (tx) => {
      if ((await lockReplay(tx, id)) === 'applying') {
        await (isStale ? this.fail(tx, id) : endReplay(tx, id, 'applied'));
      }
    });
  }

  private async fail(tx: Transaction, id: string): Promise<void> {
    for (const chainId of await failReplay(tx, id, 'PLAN_STALE')) {
      await this.journalTrust(tx, chainId);
    }
  }

  /** True when a chain trusts something else than when the replay was planned: that chain, and those after it, stay. */
  private async switchChains(id: string): Promise<boolean> {
    for (const chainId of await unswitchedChains(this.source, id)) {
      const result = await this.switchChain(id, chainId);
      if (result === 'stale') {
        return true;
      }
    }
    return false;
  }

  private switchChain(id: string, chainId: number): Promise<SwitchResult> {
    return inLongTransaction(this.source, async (tx) => {
      const result = await switchChain(tx, id, chainId);
      await this.journalTrust(tx, chainId);
      return result;
    });
  }

  /** Writes what this transaction recorded of the chain into its journal. */
  private async journalTrust(tx: Transaction, chainId: number): Promise<void> {
    const [chain] = await tx.query<[{ name: string }]>('select name from chain where id = $1', [chainId]);
    await this.journal.append(chain.name, await writtenTrust(tx, chainId));
  }
}
