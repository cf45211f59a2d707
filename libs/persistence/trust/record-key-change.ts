import type { KeyChange, KeyChangeKind } from '#key-lifecycle/key-record.js';
import type { Transaction } from '../transaction.js';
import { type EventKind, recordEvent } from './record-event.js';

const EVENT_KINDS = {
  retired: 'key-retired',
  suspended: 'key-suspended',
  lifted: 'key-lifted',
  compromised: 'key-compromised',
  misissued: 'key-misissued',
  undone: 'key-undone',
} as const satisfies Record<KeyChangeKind['kind'], EventKind>;

/** Records a change to a registered key: the event, and the same in the key's row, which decides from then on. */
export async function recordKeyChange(
  tx: Transaction,
  chainId: number,
  fingerprint: Buffer,
  change: KeyChangeKind,
  by: { readonly actor: string; readonly reason: string },
): Promise<KeyChange> {
  const { kind, ...about } = change;
  // A compromise since nobody knows when says so.
  const body = kind === 'compromised' ? { since: change.since ?? null } : about;
  const { seq, recordedAt } = await recordEvent(tx, chainId, {
    kind: EVENT_KINDS[kind],
    fingerprint,
    body,
    ...by,
  });
  const [, updated] = await tx.query<[unknown, number]>(
    'update trust_key set changes = changes || $3::jsonb where chain_id = $1 and fingerprint = $2',
    [chainId, fingerprint, JSON.stringify([{ seq, recordedAt, kind, ...body }])],
  );
  if (updated !== 1) {
    throw new Error(`no key ${fingerprint.toString('hex')} in chain ${chainId}`);
  }
  return { ...change, seq, recordedAt };
}
