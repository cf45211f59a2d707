import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '#platform/problems.js';

export interface LookUpLimits {
  /** From the start of one statement to that of the next, at least; and never two at a time. */
  readonly pauseMs: number;
  readonly idsEach: number;
  /** Ids that wait or are being looked up. Only a database that stands still lets so many gather. */
  readonly idsAtOnce: number;
}

interface Waiting<Found> {
  readonly resolve: (found: Found | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Looks many ids up by few statements: however many come, they cost at most one statement each `pauseMs`. On a quiet
 * system an id goes alone and at once.
 */
export class SharedLookUps<Found> {
  /** Of every id that waits or is being looked up: who asks for the same one shares its answer. */
  private readonly answers = new Map<string, Promise<Found | undefined>>();
  private readonly waiting = new Map<string, Waiting<Found>>();
  private isRunning = false;

  constructor(
    private readonly look: (ids: readonly string[]) => Promise<ReadonlyMap<string, Found>>,
    private readonly limits: LookUpLimits,
  ) {}

  /** Undefined when there is nothing of this id. Refuses with OVERLOADED, or as the statement fails. */
  async find(id: string): Promise<Found | undefined> {
    return this.answers.get(id) ?? this.ask(id);
  }

  private ask(id: string): Promise<Found | undefined> {
    if (this.answers.size >= this.limits.idsAtOnce) {
      throw new Problem('OVERLOADED', { retryAfter: 1 });
    }
    const answer = new Promise<Found | undefined>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
    });
    this.answers.set(id, answer);
    if (!this.isRunning) {
      void this.run();
    }
    return answer;
  }

  /** Never rejects: who waits is told. */
  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.size > 0) {
      const pause = sleep(this.limits.pauseMs);
      await this.answer(this.take());
      await pause;
    }
    this.isRunning = false;
  }

  /** Those that have waited longest. */
  private take(): ReadonlyMap<string, Waiting<Found>> {
    const batch = new Map([...this.waiting].slice(0, this.limits.idsEach));
    for (const id of batch.keys()) this.waiting.delete(id);
    return batch;
  }

  private async answer(batch: ReadonlyMap<string, Waiting<Found>>): Promise<void> {
    try {
      const found = await this.look([...batch.keys()]);
      for (const [id, { resolve }] of batch) resolve(found.get(id));
    } catch (error) {
      for (const { reject } of batch.values()) reject(error);
    }
    for (const id of batch.keys()) this.answers.delete(id);
  }
}
