import { channels } from '../channels.js';
import type { Transaction } from '../transaction.js';

export const eventKinds = [
  'chain-created',
  'settings-changed',
  'root-accepted',
  'layout-activated',
  'layout-resigned',
  'key-registered',
  'key-described',
  'key-retired',
  'key-suspended',
  'key-lifted',
  'key-compromised',
  'key-misissued',
  'key-undone',
  'replay-planned',
  'replay-approved',
  'replay-paused',
  'replay-resumed',
  'replay-applied',
  'replay-cancelled',
  'replay-failed',
] as const;
export type EventKind = (typeof eventKinds)[number];

export interface NewEvent {
  readonly kind: EventKind;
  readonly fingerprint?: Buffer;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Id of the access token. */
  readonly actor: string;
  readonly reason: string;
}

export interface RecordedEvent {
  readonly seq: string;
  readonly recordedAt: Date;
}

/**
 * Records a change in the transaction that makes it. The chain's row is locked first, so that the events of a chain are
 * numbered in the order in which they commit, and raises its trust epoch: whoever read an older one knows that the
 * trust moved. `moves` is false for what changes no trust.
 */
export async function recordEvent(
  tx: Transaction,
  chainId: number,
  event: NewEvent,
  moves = true,
): Promise<RecordedEvent> {
  await tx.query('select from chain where id = $1 for update', [chainId]);
  const [row] = await tx.query<[{ seq: string; recorded_at: Date }]>(
    `insert into trust_event (chain_id, kind, fingerprint, body, actor, reason) values ($1, $2, $3, $4, $5, $6)
     returning seq, recorded_at`,
    [
      chainId,
      event.kind,
      event.fingerprint ?? null,
      JSON.stringify(event.body ?? {}),
      event.actor,
      event.reason,
    ],
  );
  if (moves) {
    await tx.query('update chain set trust_epoch = $2 where id = $1', [chainId, row.seq]);
    await tx.query('select pg_notify($1, $2)', [channels.trust, String(chainId)]);
  }
  return { seq: row.seq, recordedAt: row.recorded_at };
}
