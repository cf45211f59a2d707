import type { Transaction } from '#persistence/transaction.js';
import { writtenTrust } from '#persistence/trust/written-trust.js';
import type { Journal } from '#storage/journal.js';

/** Writes what this transaction recorded of a replay into the journal of each chain that it is about. */
export async function journalActs(tx: Transaction, journal: Journal, replayId: string): Promise<void> {
  const chains = await tx.query<{ id: number; name: string }[]>(
    `select chain.id, chain.name from replay_chain part join chain on chain.id = part.chain_id
      where part.replay_id = $1 order by chain.id`,
    [replayId],
  );
  for (const { id, name } of chains) {
    await journal.append(name, await writtenTrust(tx, id));
  }
}
