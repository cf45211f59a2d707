import { RoundRobin } from './round-robin.js';

/** Whose work it is. */
export interface Owner {
  readonly chain: string;
  readonly principal: string;
}

/**
 * Lets so much work go on at a time, and gives what becomes free to the chains in turn, in each to its principals in turn.
 * The disk's threads, the connections to S3 and the threads that read files serve who came first: without this they would
 * be a flood's alone, and everybody else's work would come after it.
 */
export class FairSlots {
  private free: number;
  private readonly chains = new Map<string, RoundRobin<() => void>>();
  /** One entry for each piece of work that waits: that it is the turn of its chain, whichever piece that will be. */
  private readonly turns = new RoundRobin<string>();

  constructor(atOnce: number) {
    this.free = atOnce;
  }

  /** Begins the work when its turn has come, and resolves then; `done` resolves or rejects as the work does. */
  async begin<T>(owner: Owner, work: () => Promise<T>): Promise<{ readonly done: Promise<T> }> {
    if (this.free > 0) {
      this.free -= 1;
    } else {
      await this.turnOf(owner);
    }
    const done = work().finally(() => this.next());
    // Who is told of it may come to it later.
    done.catch(() => undefined);
    return { done };
  }

  private turnOf({ chain, principal }: Owner): Promise<void> {
    return new Promise((begin) => {
      const waiting = this.chains.get(chain) ?? new RoundRobin<() => void>();
      this.chains.set(chain, waiting);
      waiting.add(principal, begin);
      this.turns.add(chain, chain);
    });
  }

  /** Hands the slot on. */
  private next(): void {
    const chain = this.turns.take();
    const waiting = chain === undefined ? undefined : this.chains.get(chain);
    if (chain === undefined || !waiting) {
      this.free += 1;
      return;
    }
    const begin = waiting.take();
    if (waiting.size === 0) {
      this.chains.delete(chain);
    }
    begin?.();
  }
}
