import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Mark } from '#persistence/subjects/marks.js';
import { AppLogger } from '#platform/app-logger.js';
import { Config } from '#platform/config.js';
import { Metrics } from '#platform/metrics.js';
import type { MarkedSubject, VerifySubjects } from '#queue/jobs.js';
import { type RunningWorker, VerificationQueue } from '#queue/verification-queue.js';
import { isPutOff, VerificationService } from './verification-service.js';
import { ThreadBusy } from './verification-thread.js';

/** After so long, a job makes way for others: who has something slow to verify holds a place no longer than one subject takes. */
export const JOB_MS = 500;

/** Takes jobs from the queue and verifies their subjects one after the other. */
@Injectable()
export class VerifyWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private worker: RunningWorker | undefined;
  private stopping = false;
  private readonly outcomes;
  private readonly seconds;

  constructor(
    private readonly queue: VerificationQueue,
    private readonly verification: VerificationService,
    private readonly config: Config,
    private readonly log: AppLogger,
    metrics: Metrics,
  ) {
    this.outcomes = metrics.counter('custody_verifications_total', 'Verifications by what became of them', [
      'result',
    ]);
    this.seconds = metrics.histogram(
      'custody_verification_seconds',
      'Time to gather evidence, verify and store',
    );
  }

  onApplicationBootstrap(): void {
    this.worker = this.queue.work(
      this.config.workerConcurrency,
      (job) => this.handle(job),
      (error) => this.log.warn({ err: error }, 'worker'),
    );
  }

  /** The subjects under way are finished, the rest of their jobs is handed back; jobs not begun stay in the queue. */
  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    await this.worker?.close();
  }

  /** What is handed back keeps its turn in its chain. */
  private async handle({ subjects }: VerifySubjects): Promise<void> {
    const end = performance.now() + JOB_MS;
    for (const [at, subject] of subjects.entries()) {
      if (this.stopping || (at > 0 && performance.now() > end)) {
        return this.verification.handBack(subjects.slice(at).map(toMark));
      }
      await this.verifyOne(subject);
    }
  }

  /**
   * A failure leaves the mark in place: it is handed out again when its claim runs out. When it is only that a part is
   * away, it comes back sooner, and as if it had not been tried.
   */
  private async verifyOne(marked: MarkedSubject): Promise<void> {
    const end = this.seconds.startTimer();
    const mark = toMark(marked);
    try {
      const result = await this.verification.verify(mark, new Date());
      this.outcomes.inc({ result });
    } catch (error) {
      this.outcomes.inc({ result: 'error' });
      const { chainId, subject } = marked;
      const level = error instanceof ThreadBusy ? 'debug' : 'error';
      this.log[level]({ err: error, chainId, subject }, 'verification failed; it will be tried again');
      if (isPutOff(error)) {
        await this.verification.postpone(mark, error).catch(() => undefined);
      }
    } finally {
      end();
    }
  }
}

function toMark({ subject, ...marked }: MarkedSubject): Mark {
  return { ...marked, subject: Buffer.from(subject, 'hex') };
}
