import type { Transaction } from '../transaction.js';
import { endReplay } from './move-replay.js';
import { recordForReplay } from './record-for-replay.js';

/**
 * Ends a replay that was ordered to be applied and cannot be. Nothing else records who ordered it: `replay-applied` is
 * recorded of a chain that is switched. Returns the chains that it is about.
 */
export async function failReplay(tx: Transaction, replayId: string, error: string): Promise<number[]> {
  await endReplay(tx, replayId, 'failed', error);
  const [{ actor, reason }] = await tx.query<[{ actor: string; reason: string }]>(
    'select applied_by as actor, apply_reason as reason from replay where id = $1',
    [replayId],
  );
  return recordForReplay(tx, replayId, { kind: 'replay-failed', body: { error }, actor, reason });
}
