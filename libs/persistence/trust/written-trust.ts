import type { KeyKnown, LayoutActivated, RootAccepted, TrustChanged } from '#storage/journal-record.js';
import type { Reader, Transaction } from '../transaction.js';

export type Written = KeyKnown | TrustChanged | RootAccepted | LayoutActivated;

const KEY = `fingerprint, key, keyids, algorithm, owner, to_json(not_before) #>> '{}' as "notBefore",
  to_json(not_after) #>> '{}' as "notAfter", changes, to_json(registered_at) #>> '{}' as "registeredAt"`;
const EVENT = `seq, kind as event, fingerprint, body, actor, reason, to_json(recorded_at) #>> '{}' as "recordedAt",
  recorded_at as at`;
const THIS_TRANSACTION = 'xmin = pg_current_xact_id()::xid';

/** What this transaction wrote into the key register and its events, as the journal takes it. */
export function writtenTrust(tx: Transaction, chainId: number): Promise<Written[]> {
  return trustRows(tx, chainId, THIS_TRANSACTION);
}

/** The whole register and all its events. */
export function registeredTrust(reader: Reader, chainId: number): Promise<Written[]> {
  return trustRows(reader, chainId, 'true');
}

async function trustRows(reader: Reader, chainId: number, which: string): Promise<Written[]> {
  const events = await reader.query<EventRow[]>(
    `select ${EVENT} from trust_event where chain_id = $1 and ${which} order by seq`,
    [chainId],
  );
  const keys = await reader.query<KeyRow[]>(
    `select ${KEY}, clock_timestamp() as at from trust_key where chain_id = $1 and ${which}`,
    [chainId],
  );
  const roots = await reader.query<RootRow[]>(
    `select version, id, owners, threshold, to_json(accepted_at) #>> '{}' as "acceptedAt", clock_timestamp() as at
       from trust_root where chain_id = $1 and ${which} order by version`,
    [chainId],
  );
  const layouts = await reader.query<{ id: Buffer; version: number; at: Date }[]>(
    `select id, version, received_at as at from layout where chain_id = $1 and ${which} order by received_at`,
    [chainId],
  );
  return [
    ...layouts.map(({ id, version, at }): LayoutActivated => {
      return { v: 1, kind: 'layout', at: at.toISOString(), id: id.toString('hex'), version };
    }),
    ...roots.map(({ id, at, ...root }): RootAccepted => {
      return { v: 1, kind: 'root', at: at.toISOString(), ...root, id: id?.toString('hex') ?? null };
    }),
    ...events.map(({ at, fingerprint, ...event }): TrustChanged => {
      const about = fingerprint?.toString('hex') ?? null;
      return { v: 1, kind: 'event', at: at.toISOString(), ...event, fingerprint: about };
    }),
    ...keys.map(({ at, fingerprint, ...key }): KeyKnown => {
      const own = fingerprint.toString('hex');
      return { v: 1, kind: 'key', at: at.toISOString(), ...key, fingerprint: own };
    }),
  ];
}

type EventRow = Omit<TrustChanged, 'v' | 'kind' | 'at' | 'fingerprint'> & {
  readonly at: Date;
  readonly fingerprint: Buffer | null;
};
type RootRow = Omit<RootAccepted, 'v' | 'kind' | 'at' | 'id'> & {
  readonly at: Date;
  readonly id: Buffer | null;
};
type KeyRow = Omit<KeyKnown, 'v' | 'kind' | 'at' | 'fingerprint'> & {
  readonly at: Date;
  readonly fingerprint: Buffer;
};

interface Restored {
  readonly keys: readonly KeyKnown[];
  readonly events: readonly TrustChanged[];
  readonly roots: readonly RootAccepted[];
}

/** Writes keys, roots and events of earlier into a chain that has none, each as it was. */
export async function restoreTrust(
  tx: Transaction,
  chainId: number,
  { keys, events, roots }: Restored,
): Promise<void> {
  for (const event of events) {
    await tx.query(
      `insert into trust_event (chain_id, seq, kind, fingerprint, body, actor, reason, recorded_at)
       values ($1, $2, $3, decode($4, 'hex'), $5, $6, $7, $8)`,
      [
        chainId,
        event.seq,
        event.event,
        event.fingerprint,
        JSON.stringify(event.body),
        event.actor,
        event.reason,
        event.recordedAt,
      ],
    );
  }
  for (const { version, id, owners, threshold, acceptedAt } of roots) {
    await tx.query(
      `insert into trust_root (chain_id, version, id, owners, threshold, accepted_at)
       values ($1, $2, decode($3, 'hex'), $4, $5, $6)`,
      [chainId, version, id, JSON.stringify(owners), threshold, acceptedAt],
    );
  }
  for (const key of keys) {
    await tx.query(
      `insert into trust_key (chain_id, fingerprint, key, keyids, algorithm, owner, not_before, not_after, changes, registered_at)
       values ($1, decode($2, 'hex'), $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        chainId,
        key.fingerprint,
        JSON.stringify(key.key),
        key.keyids,
        key.algorithm,
        key.owner,
        key.notBefore,
        key.notAfter,
        JSON.stringify(key.changes),
        key.registeredAt,
      ],
    );
  }
  const moved = events.findLast(({ event }) => event !== 'key-registered');
  await tx.query('update chain set trust_epoch = $2 where id = $1', [chainId, moved?.seq ?? 0]);
}
