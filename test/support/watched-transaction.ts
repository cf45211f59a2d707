import type { Transaction } from '#persistence/transaction.js';
import { rowsVisited } from './plans.js';

/** Where a transaction waits until it is let through. */
export interface Gate {
  readonly reached: Promise<void>;
  readonly opened: Promise<void>;
  readonly arrive: () => void;
  readonly open: () => void;
}

export function gate(): Gate {
  let [arrive, open] = [(): void => {}, (): void => {}];
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { reached, opened, arrive, open };
}

/** Waits at the gate once it has done what a statement with these words does. */
export function pausing(tx: Transaction, words: string, { arrive, opened }: Gate): Transaction {
  return asking(tx, async (statement, values) => {
    const rows = await tx.query(statement, values);
    if (statement.includes(words)) {
      arrive();
      await opened;
    }
    return rows;
  });
}

/** Notes of each statement how many rows it visits. */
export function counting(tx: Transaction, costs: [number, string][]): Transaction {
  return asking(tx, async (statement, values) => {
    costs.push([await rowsVisited((text) => tx.query(text), statement, values), statement]);
    return tx.query(statement, values);
  });
}

function asking(
  tx: Transaction,
  query: (statement: string, values: unknown[]) => Promise<unknown>,
): Transaction {
  return new Proxy(tx, {
    get: (target, name) => (name === 'query' ? query : Reflect.get(target, name)),
  });
}
