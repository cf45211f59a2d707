import type { Transaction } from '../transaction.js';

/** First half of the advisory lock keys: "CHN1" in ASCII; the second is the chain. */
const CHAIN_LOCK = 0x43484e31;

/**
 * Storing a link looks for subjects it may explain; making a subject known looks for links that explain it. Each must
 * see the other's rows or come after them, or a link would be missing from a verdict for ever. Many links may be stored
 * side by side (shared); making a subject known waits for those under way (exclusive).
 */
export async function holdChainForLinks(tx: Transaction, chainId: number): Promise<void> {
  await tx.query('select pg_advisory_xact_lock_shared($1, $2)', [CHAIN_LOCK, chainId]);
}

export async function holdChainForSubject(tx: Transaction, chainId: number): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1, $2)', [CHAIN_LOCK, chainId]);
}
