import type { DataSource } from 'typeorm';
import { RoundRobin } from '#platform/round-robin.js';
import { inTransaction, type Transaction } from './transaction.js';

export interface Turn {
  /** Transactions of one lane would only wait for each other in the database. */
  readonly lane: string;
  /** The token on whose behalf it is, or `SERVICE`. */
  readonly principal: string;
}

/** What makes subjects known, one after the other in each chain: it holds the chain for itself. */
export function turnForSubjects(chainId: number, principal: string): Turn {
  return { lane: `subjects ${chainId}`, principal };
}

/** What changes trust, which holds the row of the chain. */
export function turnForTrust(chainId: number, principal: string): Turn {
  return { lane: `trust ${chainId}`, principal };
}

/** While one commits, the next is ready to go on. */
const AT_ONCE = 2;

/**
 * As inTransaction, two of each lane at a time in this process, and of those that wait in turn by principal. Who waits here
 * holds no connection; in the database each would hold one, and a flood for one chain all that the others need.
 */
export function inTurn<T>(
  source: DataSource,
  { lane, principal }: Turn,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const lanes = lanesOf.get(source) ?? new Lanes();
  lanesOf.set(source, lanes);
  return lanes.run(lane, principal, () => inTransaction(source, work));
}

const lanesOf = new WeakMap<DataSource, Lanes>();

interface Lane {
  underWay: number;
  readonly waiting: RoundRobin<() => void>;
}

class Lanes {
  /** Only those in which something goes on. */
  private readonly busy = new Map<string, Lane>();

  async run<T>(name: string, principal: string, work: () => Promise<T>): Promise<T> {
    const lane = this.busy.get(name) ?? { underWay: 0, waiting: new RoundRobin() };
    this.busy.set(name, lane);
    if (lane.underWay < AT_ONCE) {
      lane.underWay += 1;
    } else {
      await new Promise<void>((begin) => lane.waiting.add(principal, begin));
    }
    try {
      return await work();
    } finally {
      this.end(name, lane);
    }
  }

  /** Hands the place on. */
  private end(name: string, lane: Lane): void {
    const begin = lane.waiting.take();
    if (begin) {
      begin();
      return;
    }
    lane.underWay -= 1;
    if (lane.underWay === 0) {
      this.busy.delete(name);
    }
  }
}
