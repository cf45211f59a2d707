import { setTimeout as sleep } from 'node:timers/promises';
import { TokenBucket } from './token-bucket.js';

/** How often it is looked whether somebody waits, and how long a replay makes way before it goes on a little. */
const LOOK_EVERY_MS = 100;
const LOOK_AGAIN_MS = 20;
const MAKE_WAY_MS = 1_000;

/** No faster than it may, and behind every verification that somebody waits for. */
export class ReplayPace {
  private bucket: TokenBucket | undefined;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private makingWay: Promise<void> | undefined;

  constructor(private readonly somebodyWaits: () => Promise<boolean>) {}

  /** Resolves when the next subject may be verified. Without a rate only others hold it up. */
  async next(perSecond: number | null): Promise<void> {
    if (performance.now() - this.lookedAt > LOOK_EVERY_MS) {
      this.makingWay ??= this.makeWay().finally(() => {
        this.lookedAt = performance.now();
        this.makingWay = undefined;
      });
    }
    await this.makingWay;
    if (perSecond !== null) {
      if (this.bucket?.perSecond !== perSecond) {
        this.bucket = new TokenBucket(perSecond);
      }
      await sleep(this.bucket.take(performance.now()));
    }
  }

  private async makeWay(): Promise<void> {
    const until = performance.now() + MAKE_WAY_MS;
    while (performance.now() < until && (await this.somebodyWaits())) {
      await sleep(LOOK_AGAIN_MS);
    }
  }
}
