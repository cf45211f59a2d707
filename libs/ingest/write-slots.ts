import { RoundRobin } from '#platform/round-robin.js';

/** Whose write it is. */
export interface Writer {
  readonly chain: string;
  readonly principal: string;
}

/**
 * Lets so many writes go on at a time, and gives what becomes free to the chains in turn, in each to its principals in
 * turn. The disk's threads, and the connections to S3, serve who came first: without this they would be a flood's alone,
 * and what verifications read would come after it.
 */
export class WriteSlots {
  private free: number;
  private readonly chains = new Map<string, RoundRobin<() => void>>();
  /** One entry for each write that waits: that it is the turn of its chain, whichever write that will be. */
  private readonly turns = new RoundRobin<string>();

  constructor(atOnce: number) {
    this.free = atOnce;
  }

  /** Begins the write when its turn has come, and resolves then; what it returns resolves or rejects as the write does. */
  async begin(writer: Writer, write: () => Promise<void>): Promise<{ written: Promise<void> }> {
    if (this.free > 0) {
      this.free -= 1;
    } else {
      await this.turnOf(writer);
    }
    const written = write().finally(() => this.next());
    // Who is told of it may come to it later.
    written.catch(() => undefined);
    return { written };
  }

  private turnOf({ chain, principal }: Writer): Promise<void> {
    return new Promise((begin) => {
      const writes = this.chains.get(chain) ?? new RoundRobin<() => void>();
      this.chains.set(chain, writes);
      writes.add(principal, begin);
      this.turns.add(chain, chain);
    });
  }

  /** Hands the slot on. */
  private next(): void {
    const chain = this.turns.take();
    const writes = chain === undefined ? undefined : this.chains.get(chain);
    if (chain === undefined || !writes) {
      this.free += 1;
      return;
    }
    const begin = writes.take();
    if (writes.size === 0) {
      this.chains.delete(chain);
    }
    begin?.();
  }
}
