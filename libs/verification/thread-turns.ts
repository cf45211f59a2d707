/** Kept free so long for whoever is next: as long as a mark that was put off needs to come back, and a little more. */
const KEPT_MS = 3_000;

/**
 * Who may have the one thread for large evidence. Whoever comes while it is busy is put off and keeps his place: the
 * chains that wait have it in turn, so that one chain's large evidence does not keep out another's.
 */
export class ThreadTurns {
  /** Subjects that were put off, by chain; the chain that is next comes first. */
  private readonly waiting = new Map<number, Set<string>>();
  private kept: { readonly chainId: number; readonly until: number } | undefined;

  constructor(
    private readonly now: () => number = () => performance.now(),
    private readonly keptMs = KEPT_MS,
  ) {}

  isWaiting(chainId: number, subject: string): boolean {
    return this.waiting.get(chainId)?.has(subject) === true;
  }

  /** While the thread is free: is it kept for another chain? */
  isKeptFromChain(chainId: number): boolean {
    this.giveUpOnAbsent();
    return this.kept !== undefined && this.kept.chainId !== chainId;
  }

  putOff(chainId: number, subject: string): void {
    this.waiting.set(chainId, (this.waiting.get(chainId) ?? new Set()).add(subject));
  }

  /** The subject has the thread: its chain comes last from now on. */
  begin(chainId: number, subject: string): void {
    this.kept = undefined;
    const others = this.waiting.get(chainId);
    this.waiting.delete(chainId);
    others?.delete(subject);
    if (others && others.size > 0) this.waiting.set(chainId, others);
  }

  /** The thread is free again. */
  end(): void {
    const [next] = this.waiting.keys();
    this.kept = next === undefined ? undefined : { chainId: next, until: this.now() + this.keptMs };
  }

  /** A chain of which nobody came back, since others have verified what waited, loses its place. */
  private giveUpOnAbsent(): void {
    while (this.kept && this.now() >= this.kept.until) {
      this.waiting.delete(this.kept.chainId);
      this.end();
    }
  }
}
