import type { Transaction } from '../transaction.js';
import { type NewEvent, recordEvent } from '../trust/record-event.js';

/**
 * Records an act on a replay with each chain that it is about. Chains are taken in one order, so that two operators never
 * wait for each other. It moves no trust. Returns the chains.
 */
export async function recordForReplay(tx: Transaction, replayId: string, event: NewEvent): Promise<number[]> {
  const chains = await tx.query<{ chain_id: number }[]>(
    'select chain_id from replay_chain where replay_id = $1 order by chain_id',
    [replayId],
  );
  for (const { chain_id: chainId } of chains) {
    await recordEvent(tx, chainId, { ...event, body: { replay: replayId, ...event.body } }, false);
  }
  return chains.map(({ chain_id: chainId }) => chainId);
}
