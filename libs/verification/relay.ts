import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { channels } from '#persistence/channels.js';
import { Hints } from '#persistence/hints.js';
import { claimMarks, releaseMarks } from '#persistence/subjects/claim-marks.js';
import type { Mark } from '#persistence/subjects/marks.js';
import { Priority } from '#persistence/subjects/verification-mark.entity.js';
import { AppLogger } from '#platform/app-logger.js';
import { VerificationQueue } from '#queue/verification-queue.js';
import { WokenWork } from './woken-work.js';

const MARKS_AT_ONCE = 500;
/** Subjects a job: few while there is little to do, so that workers share it; many when there is much. */
const SUBJECTS_PER_JOB = 50;
/** A mark not cleared after this time is handed out again: its job was lost, or its worker died. */
const LEASE_SECONDS = 30;
/** Marks handed out at a time, by all relays: what workers do in a few seconds, well within the lease. */
const OUT_AT_MOST = 2_000;
/** Hints may be lost; this often the outbox is looked at anyway. */
const LOOK_EVERY_MS = 1_000;

/** Hands marks of the outbox to the queue. Any number of relays may run; each mark is handed out by one at a time. */
@Injectable()
export class Relay implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly work = new WokenWork(
    () => this.drain(),
    (error) => this.log.warn({ err: error }, 'marks could not be handed to the queue; trying again'),
  );

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
    await this.work.stop();
  }

  /** Who marks a subject later than this looks wakes it again. */
  private async drain(): Promise<void> {
    let isMore = true;
    while (isMore && !this.work.isStopped) {
      const interactive = await this.handOut(Priority.interactive);
      const bulk = await this.handOut(Priority.bulk);
      isMore = Math.max(interactive, bulk) === MARKS_AT_ONCE;
    }
  }

  private async handOut(priority: Priority): Promise<number> {
    const marks = await claimMarks(this.source, {
      priority,
      limit: MARKS_AT_ONCE,
      outAtMost: OUT_AT_MOST,
      leaseSeconds: LEASE_SECONDS,
    });
    await this.publish(marks, priority === Priority.bulk);
    return marks.length;
  }

  private async publish(marks: readonly Mark[], inBulk: boolean): Promise<void> {
    for (let start = 0; start < marks.length; start += SUBJECTS_PER_JOB) {
      const batch = marks.slice(start, start + SUBJECTS_PER_JOB);
      try {
        await this.queue.publish(
          batch.map((mark) => ({ ...mark, subject: mark.subject.toString('hex') })),
          inBulk,
        );
      } catch (error) {
        await releaseMarks(this.source, marks.slice(start));
        throw error;
      }
    }
  }
}
