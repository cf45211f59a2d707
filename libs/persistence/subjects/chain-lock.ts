import type { Transaction } from '../transaction.js';

/** First half of the advisory lock keys: "CHN1" in ASCII; the second is the chain. */
const CHAIN_LOCK = 0x43484e31;

/**
 * Storing a link looks for subjects it may explain; making a subject known looks for links that explain it. Each must
 * see the other's rows or come after them, or a link would be missing from a verdict for ever. Many links may be stored
 * side by side (shared); making a subject known waits for those under way (exclusive).
 */
export async function holdChainForLinks(
  tx: Transaction,
  chainId: number,
  runs: readonly string[],
): Promise<Date> {
  const [{ at }] = await tx.query<[{ at: Date }]>(
    `select ${NOW} as at from pg_advisory_xact_lock_shared($1, $2) chain(held) cross join lateral (${HOLD_RUNS}) runs`,
    [CHAIN_LOCK, chainId, runs],
  );
  return at;
}

/**
 * Of links that join one run side by side, one may relate the run to a subject that the other does not see, and so does
 * not mark. Held after the chain, and in one order, so that two transactions never wait for each other.
 */
const HOLD_RUNS = `
  select count(pg_advisory_xact_lock(key)) from (
    select distinct hashtextextended(run, $2) as key from unnest($3::text[]) run
     where chain.held::text is not null order by key offset 0) held`;

export async function holdChainForSubject(tx: Transaction, chainId: number): Promise<Date> {
  const [{ at }] = await tx.query<[{ at: Date }]>(`select ${NOW} as at from pg_advisory_xact_lock($1, $2)`, [
    CHAIN_LOCK,
    chainId,
  ]);
  return at;
}

/**
 * When the chain was held: the time of receipt of what follows. It is the database's clock, which all processes share,
 * and read after the waiting, so that times come in the order in which rows are counted. To the millisecond, as the
 * journal writes it.
 */
const NOW = `date_trunc('milliseconds', clock_timestamp())`;
