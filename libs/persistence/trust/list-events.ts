import type { Reader } from '../transaction.js';

export interface StoredEvent {
  readonly seq: string;
  readonly kind: string;
  readonly fingerprint: Buffer | null;
  readonly body: Readonly<Record<string, unknown>>;
  readonly actor: string;
  readonly reason: string;
  readonly recorded_at: Date;
}

/** The chain's events after one of them, oldest first. They commit in the order of `seq`, so none is passed over. */
export function listEvents(
  reader: Reader,
  chainId: number,
  { after, limit }: { after: string; limit: number },
): Promise<StoredEvent[]> {
  return reader.query(
    `select ${COLUMNS} from trust_event where chain_id = $1 and seq > $2 order by seq limit $3`,
    [chainId, after, limit],
  );
}

/** Everything that was recorded about one key, oldest first. */
export function eventsOfKey(reader: Reader, chainId: number, fingerprint: Buffer): Promise<StoredEvent[]> {
  return reader.query(
    `select ${COLUMNS} from trust_event where chain_id = $1 and fingerprint = $2 order by seq`,
    [chainId, fingerprint],
  );
}

const COLUMNS = 'seq, kind, fingerprint, body, actor, reason, recorded_at';
