import type { DataSource, EntityManager } from 'typeorm';
import type { Patience } from '#platform/outage.js';
import { GuardedDataSource } from './guarded-data-source.js';

/** An open transaction. What takes one writes; what takes a Reader only reads. */
export type Transaction = EntityManager;
export type Reader = Pick<EntityManager, 'query'>;

/** Serialisation failure and deadlock: the database asks to try the same again. */
const RETRYABLE = new Set(['40001', '40P01']);
const ATTEMPTS = 3;

/** Some transactions mark every subject of a chain. */
const PATIENT: Patience = { milliseconds: 30_000 };
const MINUTES: Patience = { milliseconds: 600_000 };

const acts = new WeakMap<Transaction, (() => void)[]>();

/** Done as soon as the transaction has committed, before whoever asked for it is told. Not if nobody waits for it any more. */
export function onCommit(tx: Transaction, act: () => void): void {
  acts.set(tx, [...(acts.get(tx) ?? []), act]);
}

/** What is given up after the time of `patience` may still be committed. */
export async function inTransaction<T>(
  source: DataSource,
  work: (transaction: Transaction) => Promise<T>,
  patience = PATIENT,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const run = async (): Promise<T> => {
        let opened: Transaction | undefined;
        const result = await source.transaction((tx) => {
          opened = tx;
          return work(tx);
        });
        for (const act of (opened && acts.get(opened)) ?? []) act();
        return result;
      };
      return await (source instanceof GuardedDataSource ? source.dependency.use(run, patience) : run());
    } catch (error) {
      if (attempt === ATTEMPTS || !RETRYABLE.has((error as { code?: string }).code ?? '')) {
        throw error;
      }
    }
  }
}

/** A transaction over hundreds of thousands of rows: its statements may take minutes, too, and are planned for what there is. */
export function inLongTransaction<T>(
  source: DataSource,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const allowed = async (tx: Transaction): Promise<T> => {
    await tx.query(
      `set local statement_timeout = ${MINUTES.milliseconds};
       set local plan_cache_mode = force_custom_plan;
       set local enable_seqscan = on;
       set local enable_bitmapscan = on`,
    );
    return work(tx);
  };
  return inTransaction(source, allowed, MINUTES);
}
