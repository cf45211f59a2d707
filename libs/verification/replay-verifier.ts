import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  type ClaimedItem,
  claimItems,
  openParts,
  type ReplayPart,
  releaseItems,
} from '#persistence/replays/claim-items.js';
import { type SettledItem, stageItems } from '#persistence/replays/stage-items.js';
import { liveWork } from '#persistence/subjects/live-work.js';
import { inTransaction } from '#persistence/transaction.js';
import { AppLogger } from '#platform/app-logger.js';
import { Config } from '#platform/config.js';
import { Metrics } from '#platform/metrics.js';
import { compareVerdicts } from './compare-verdicts.js';
import { ReplayPace } from './replay-pace.js';
import { isPutOff, VerificationService } from './verification-service.js';

const ITEMS_AT_ONCE = 200;
/** Subjects not settled in this time are taken by another worker: the one that had them died. */
const LEASE_SECONDS = 30;
/** What is not begun by then is given back, so that a slow replay is soon paused and its leases never run out. */
const BATCH_MS = 3_000;
/** So long batches follow each other before it is looked whether there is more to do than verifying. */
const SLICE_MS = 2_000;
/** A subject that fails so often is given up, and keeps the verdict that it has. */
const ATTEMPTS = 5;
/** After this time a part that was away is tried again. */
const OUTAGE_SECONDS = 5;

interface Batch {
  readonly part: ReplayPart;
  readonly items: readonly ClaimedItem[];
}

/** Verifies subjects of dry runs, a batch at a time, and writes down what came out. */
@Injectable()
export class ReplayVerifier {
  private readonly pace;
  private readonly results;
  private stopped = false;

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly verification: VerificationService,
    private readonly config: Config,
    private readonly log: AppLogger,
    metrics: Metrics,
  ) {
    this.pace = new ReplayPace(() => liveWork(this.source));
    this.results = metrics.counter('custody_replayed_total', 'Subjects verified by replays, by result', [
      'result',
    ]);
  }

  /** No further subject is begun. */
  stop(): void {
    this.stopped = true;
  }

  /** For a few seconds, of the oldest replay that has something. False: there was nothing to take. */
  async verifySome(): Promise<boolean> {
    const end = performance.now() + SLICE_MS;
    let any = false;
    // The database is busy with the batches before and after while this process verifies one.
    let staging = Promise.resolve();
    let next = this.claim();
    for (let batch = await next; batch; batch = await next) {
      any = true;
      next = performance.now() < end ? this.claim() : Promise.resolve(undefined);
      next.catch(() => undefined);
      const settled = await this.verifyBatch(batch);
      await staging;
      staging = this.stage(batch.part, settled);
      staging.catch(() => undefined);
    }
    await staging;
    return any;
  }

  private async claim(): Promise<Batch | undefined> {
    for (const part of await openParts(this.source)) {
      const limit = Math.min(ITEMS_AT_ONCE, this.rateOf(part) ?? ITEMS_AT_ONCE);
      const items = await claimItems(this.source, part, { limit, leaseSeconds: LEASE_SECONDS });
      if (items.length > 0) {
        return { part, items };
      }
    }
    return undefined;
  }

  private async verifyBatch({ part, items }: Batch): Promise<SettledItem[]> {
    const waiting = [...items];
    const settled: SettledItem[] = [];
    const end = performance.now() + BATCH_MS;
    const lane = async (): Promise<void> => {
      while (waiting.length > 0 && !this.stopped && performance.now() < end) {
        const [item] = waiting.splice(0, 1) as [ClaimedItem];
        const result = await this.pace.turn(this.rateOf(part), () => this.verifyOne(part, item));
        if (result) {
          settled.push(result);
        }
      }
    };
    await Promise.all(Array.from({ length: this.config.workerConcurrency }, lane));
    await this.giveBack(part, waiting, 0);
    return settled;
  }

  private async stage(part: ReplayPart, settled: readonly SettledItem[]): Promise<void> {
    if (settled.length > 0) {
      await inTransaction(this.source, (tx) => stageItems(tx, part, settled));
    }
    for (const { result } of settled) {
      this.results.inc({ result });
    }
  }

  /** Undefined: it failed, and comes back later. */
  private async verifyOne(part: ReplayPart, item: ClaimedItem): Promise<SettledItem | undefined> {
    const { subject } = item;
    try {
      const question = { hypotheticalLayout: part.hypotheticalLayout ?? undefined };
      const verdict = await this.verification.find(part.chainId, subject, new Date(), question);
      return verdict ? compareVerdicts(item, verdict) : { subject, result: 'error' };
    } catch (error) {
      const about = { replay: part.replayId, chainId: part.chainId, subject: subject.toString('hex') };
      if (isPutOff(error)) {
        await this.giveBack(part, [item], OUTAGE_SECONDS).catch(() => undefined);
        return undefined;
      }
      this.log.error({ err: error, ...about }, 'verification failed in a replay');
      return item.attempts < ATTEMPTS ? undefined : { subject, result: 'error' };
    }
  }

  private async giveBack(
    part: ReplayPart,
    items: readonly ClaimedItem[],
    afterSeconds: number,
  ): Promise<void> {
    if (items.length > 0) {
      const subjects = items.map(({ subject }) => subject);
      await releaseItems(this.source, part, subjects, afterSeconds);
    }
  }

  private rateOf({ rateLimit }: ReplayPart): number | null {
    return rateLimit ?? this.config.replays.rate ?? null;
  }
}
