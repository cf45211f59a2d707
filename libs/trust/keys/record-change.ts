import type { KeyChange, KeyChangeKind } from '#key-lifecycle/key-record.js';
import { endedBy, isWithoutEffect } from '#key-lifecycle/next-change.js';
import type { Transaction } from '#persistence/transaction.js';
import type { RegisteredKey } from '#persistence/trust/find-keys.js';
import { toKeyRecord } from '#persistence/trust/key-records.js';
import { recordKeyChange } from '#persistence/trust/record-key-change.js';
import { Problem } from '#platform/problems.js';
import type { Author } from '../author.js';

/** One operator takes trust from a key, since it must bite at once; another than he gives it back. */
export async function recordChange(
  tx: Transaction,
  chainId: number,
  key: RegisteredKey,
  change: KeyChangeKind,
  author: Author,
): Promise<KeyChange> {
  const record = toKeyRecord(key);
  if (isWithoutEffect(record, change)) {
    throw new Problem('KEY_CHANGE_WITHOUT_EFFECT');
  }
  const ended = endedBy(record, change).map(({ seq }) => seq);
  if ((await actorsOf(tx, chainId, ended)).includes(author.actor)) {
    throw new Problem('SECOND_OPERATOR_NEEDED');
  }
  return recordKeyChange(tx, chainId, key.fingerprint, change, author);
}

async function actorsOf(tx: Transaction, chainId: number, seqs: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ actor: string }[]>(
    'select actor from trust_event where chain_id = $1 and seq = any($2::bigint[])',
    [chainId, seqs],
  );
  return rows.map(({ actor }) => actor);
}
