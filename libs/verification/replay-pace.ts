import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveWork } from '#persistence/subjects/live-work.js';
import { TokenBucket } from './token-bucket.js';

/** How often it is looked whether somebody waits, and how long a replay makes way before it goes on a little. */
const LOOK_EVERY_MS = 250;
const LOOK_AGAIN_MS = 20;
const MAKE_WAY_MS = 1_000;
/** While links come in, it rests so many times as long as it works. */
const RESTS = 2;

/**
 * Keeps a replay behind the work that somebody waits for: it stops while marks wait, goes at a third of its speed while
 * links come in, and is never faster than it may.
 */
export class ReplayPace {
  private bucket: TokenBucket | undefined;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private looking: Promise<void> | undefined;
  private links: string | undefined;
  private linksComeIn = false;

  constructor(private readonly look: () => Promise<LiveWork>) {}

  /** Does a piece of work when its turn has come. `perSecond`: null for as many as there can be. */
  async turn<T>(perSecond: number | null, work: () => Promise<T>): Promise<T> {
    await this.makeWay();
    if (perSecond !== null) {
      if (this.bucket?.perSecond !== perSecond) {
        this.bucket = new TokenBucket(perSecond);
      }
      await sleep(this.bucket.take(performance.now()));
    }
    const start = performance.now();
    const result = await work();
    if (this.linksComeIn) {
      await sleep(RESTS * (performance.now() - start));
    }
    return result;
  }

  /** Those who come together share one look. */
  private async makeWay(): Promise<void> {
    if (performance.now() - this.lookedAt > LOOK_EVERY_MS) {
      this.looking ??= this.untilNobodyWaits().finally(() => {
        this.lookedAt = performance.now();
        this.looking = undefined;
      });
    }
    await this.looking;
  }

  private async untilNobodyWaits(): Promise<void> {
    const until = performance.now() + MAKE_WAY_MS;
    for (;;) {
      const { isWaiting, links } = await this.look();
      this.linksComeIn = this.links !== undefined && this.links !== links;
      this.links = links;
      if (!isWaiting || performance.now() > until) {
        return;
      }
      await sleep(LOOK_AGAIN_MS);
    }
  }
}
