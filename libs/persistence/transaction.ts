import type { DataSource, EntityManager } from 'typeorm';

/** An open transaction. What takes one writes; what takes a Reader only reads. */
export type Transaction = EntityManager;
export type Reader = Pick<EntityManager, 'query'>;

/** Serialisation failure and deadlock: the database asks to try the same again. */
const RETRYABLE = new Set(['40001', '40P01']);

export async function inTransaction<T>(
  source: DataSource,
  work: (transaction: Transaction) => Promise<T>,
  attempts = 3,
): Promise<T> {
  try {
    return await source.transaction(work);
  } catch (error) {
    if (attempts > 1 && RETRYABLE.has((error as { code?: string }).code ?? '')) {
      return inTransaction(source, work, attempts - 1);
    }
    throw error;
  }
}
