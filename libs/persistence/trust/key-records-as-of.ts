import { type KeyRecord, unregistered } from '#key-lifecycle/key-record.js';
import type { Reader } from '../transaction.js';
import { toKeyRecord } from './key-records.js';
import { KEY_CHANGE_EVENTS } from './record-key-change.js';

/** As `keyRecords`, with what the chain knew at that time: from the events, which are the authority. */
export async function keyRecordsAsOf(
  reader: Reader,
  chainId: number,
  fingerprints: readonly string[],
  at: Date,
): Promise<Map<string, KeyRecord>> {
  const events = await reader.query<EventRow[]>(
    `select fingerprint, seq, kind, body, recorded_at from trust_event
      where chain_id = $1 and fingerprint = any($2::bytea[]) and recorded_at <= $3 order by seq`,
    [chainId, fingerprints.map((fingerprint) => Buffer.from(fingerprint, 'hex')), at],
  );
  const eventsOf = (key: string) => events.filter(({ fingerprint }) => fingerprint.toString('hex') === key);
  return new Map(fingerprints.map((key) => [key, foldEvents(key, eventsOf(key))]));
}

interface EventRow {
  readonly fingerprint: Buffer;
  readonly seq: string;
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly recorded_at: Date;
}

function foldEvents(fingerprint: string, events: readonly EventRow[]): KeyRecord {
  const descriptions = events.filter(({ kind }) => kind === 'key-described');
  const described: DescribedBody = Object.assign({}, ...descriptions.map(({ body }) => body));
  const changes = events.flatMap(({ seq, kind, body, recorded_at: recordedAt }) => {
    const change = KEY_CHANGE_EVENTS.get(kind);
    return change ? [{ seq, recordedAt: recordedAt.toISOString(), kind: change, ...body }] : [];
  });
  return toKeyRecord({
    fingerprint: Buffer.from(fingerprint, 'hex'),
    owner: described.owner ?? unregistered(fingerprint).owner,
    not_before: readDate(described.notBefore),
    not_after: readDate(described.notAfter),
    changes,
  });
}

/** As `describe-key.ts` writes it. */
interface DescribedBody {
  readonly owner?: string;
  readonly notBefore?: string | null;
  readonly notAfter?: string | null;
}

function readDate(text: string | null | undefined): Date | null {
  return text ? new Date(text) : null;
}
