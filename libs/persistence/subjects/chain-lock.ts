import type { Transaction } from '../transaction.js';

/** First half of the advisory lock keys: "CHN1" in ASCII; the second is the chain. */
const CHAIN_LOCK = 0x43484e31;

/**
 * Storing a link looks for subjects it may explain; making a subject known looks for links that explain it. Each must
 * see the other's rows or come after them, or a link would be missing from a verdict for ever. Many links may be stored
 * side by side (shared); making a subject known waits for those under way (exclusive).
 */
export function holdChainForLinks(tx: Transaction, chainId: number): Promise<Date> {
  return hold(tx, 'pg_advisory_xact_lock_shared', chainId);
}

export function holdChainForSubject(tx: Transaction, chainId: number): Promise<Date> {
  return hold(tx, 'pg_advisory_xact_lock', chainId);
}

/**
 * When the chain was held: the time of receipt of what follows. It is the database's clock, which all processes share,
 * and read after the waiting, so that times come in the order in which rows are counted. To the millisecond, as the
 * journal writes it.
 */
async function hold(tx: Transaction, lock: string, chainId: number): Promise<Date> {
  const [{ at }] = await tx.query<[{ at: Date }]>(
    `select date_trunc('milliseconds', clock_timestamp()) as at from ${lock}($1, $2)`,
    [CHAIN_LOCK, chainId],
  );
  return at;
}
