import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { channels } from '#persistence/channels.js';
import { Hints } from '#persistence/hints.js';
import { type Claimed, claimMarks, releaseMarks } from '#persistence/subjects/claim-marks.js';
import { Priority } from '#persistence/subjects/verification-mark.entity.js';
import { markSomeOfWide } from '#persistence/subjects/wide-touches.js';
import { AppLogger } from '#platform/app-logger.js';
import { VerificationQueue } from '#queue/verification-queue.js';
import { type FairJob, jobsOf } from './fair-jobs.js';
import { WokenWork } from './woken-work.js';

const MARKS_AT_ONCE = 500;
/** A mark not cleared after this time is handed out again: its job was lost, or its worker died. */
const LEASE_SECONDS = 30;
/**
 * Marks handed out at a time, by all relays: enough to keep dozens of workers busy, and done well within the lease. What
 * is handed out has its order for good.
 */
const OUT_AT_MOST = 1_000;
const OUT_OF_CHAIN = 500;
/** Hints may be lost; this often the outbox is looked at anyway. */
const LOOK_EVERY_MS = 1_000;
/** While marks wait for room. */
const LOOK_FOR_ROOM_MS = 100;
/**
 * Of the ranks that the queue has, jobs in bulk have the second half, so they come after all others. They begin again after
 * ten million subjects without a pause; what is out then may wait for its lease.
 */
const RANKS = 2 ** 20;

/** Hands marks of the outbox to the queue. Any number of relays may run; each mark is handed out by one at a time. */
@Injectable()
export class Relay implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly work = new WokenWork(
    () => this.drain(),
    (error) => this.log.warn({ err: error }, 'marks could not be handed to the queue; trying again'),
  );

  private forRoom: NodeJS.Timeout | undefined;

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly queue: VerificationQueue,
    private readonly hints: Hints,
    private readonly log: AppLogger,
  ) {}

  onApplicationBootstrap(): void {
    this.hints.listen(channels.mark, () => this.work.wake());
    this.work.start(LOOK_EVERY_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.forRoom);
    await this.work.stop();
  }

  /** Who marks a subject later than this looks wakes it again. */
  private async drain(): Promise<void> {
    let hasMoved = true;
    let isMore = false;
    while (hasMoved && !this.work.isStopped) {
      const interactive = await this.handOut(Priority.interactive);
      const bulk = await this.handOut(Priority.bulk);
      isMore = interactive.isMore || bulk.isMore;
      // What is left of a wide touch is marked between the others, a part at a time.
      const hasMarked = await markSomeOfWide(this.source);
      hasMoved = hasMarked || (isMore && interactive.marks.length + bulk.marks.length > 0);
    }
    clearTimeout(this.forRoom);
    if (isMore && !this.work.isStopped) {
      this.forRoom = setTimeout(() => this.work.wake(), LOOK_FOR_ROOM_MS);
    }
  }

  private async handOut(priority: Priority): Promise<Claimed> {
    const claimed = await claimMarks(this.source, {
      priority,
      limit: MARKS_AT_ONCE,
      outAtMost: OUT_AT_MOST,
      outOfChain: OUT_OF_CHAIN,
      leaseSeconds: LEASE_SECONDS,
    });
    await this.publish(jobsOf(claimed.marks), priority === Priority.bulk ? RANKS : 0);
    return claimed;
  }

  private async publish(jobs: readonly FairJob[], firstRank: number): Promise<void> {
    for (const [at, { marks, rank }] of jobs.entries()) {
      try {
        const subjects = marks.map(({ subject, ...mark }) => ({ ...mark, subject: subject.toString('hex') }));
        await this.queue.publish(subjects, firstRank + (rank % RANKS));
      } catch (error) {
        const left = jobs.slice(at).flatMap((job) => job.marks);
        await releaseMarks(this.source, left);
        throw error;
      }
    }
  }
}
