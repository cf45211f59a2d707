/** Lets so many a second through; what was not used in a second is lost. */
export class TokenBucket {
  private tokens = 0;
  private filledAt: number | undefined;

  constructor(readonly perSecond: number) {}

  /** Takes one token, and says for how many milliseconds to wait before using it. */
  take(now: number): number {
    const elapsed = now - (this.filledAt ?? now);
    this.tokens = Math.min(this.perSecond, this.tokens + (elapsed * this.perSecond) / 1_000) - 1;
    this.filledAt = now;
    return Math.max(0, (-this.tokens * 1_000) / this.perSecond);
  }
}
