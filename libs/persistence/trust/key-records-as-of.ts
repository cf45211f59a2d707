import type { KeyRecord } from '#key-lifecycle/key-record.js';
import { endOfMillisecond } from '../end-of-millisecond.js';
import type { Reader } from '../transaction.js';
import { toKeyRecord } from './key-records.js';

/** What had been recorded of these keys at a time in the past, by fingerprint: out of the events. */
export async function keyRecordsAsOf(
  reader: Reader,
  chainId: number,
  fingerprints: readonly string[],
  asOf: Date,
): Promise<Map<string, KeyRecord>> {
  const events = await reader.query<KeyEvent[]>(
    `select encode(fingerprint, 'hex') as fingerprint, seq, kind, body, recorded_at from trust_event
      where chain_id = $1 and fingerprint = any($2::bytea[]) and recorded_at <= ${endOfMillisecond('$3')} order by seq`,
    [chainId, fingerprints.map((fingerprint) => Buffer.from(fingerprint, 'hex')), asOf],
  );
  const byKey = new Map<string, KeyEvent[]>();
  for (const event of events) {
    byKey.set(event.fingerprint, [...(byKey.get(event.fingerprint) ?? []), event]);
  }
  return new Map([...byKey].map(([fingerprint, ofKey]) => [fingerprint, recordOf(fingerprint, ofKey)]));
}

interface KeyEvent {
  readonly fingerprint: string;
  readonly seq: string;
  readonly kind: string;
  readonly body: KeyDescription & Readonly<Record<string, unknown>>;
  readonly recorded_at: Date;
}

interface KeyDescription {
  readonly owner?: string;
  readonly notBefore?: string | null;
  readonly notAfter?: string | null;
}

const DESCRIBING = ['key-registered', 'key-described'];

/** Each description says what it changes. */
function recordOf(fingerprint: string, events: readonly KeyEvent[]): KeyRecord {
  const said: KeyDescription = Object.assign(
    {},
    ...events.filter(({ kind }) => DESCRIBING.includes(kind)).map(({ body }) => body),
  );
  return toKeyRecord({
    fingerprint: Buffer.from(fingerprint, 'hex'),
    owner: said.owner ?? fingerprint,
    not_before: said.notBefore ? new Date(said.notBefore) : null,
    not_after: said.notAfter ? new Date(said.notAfter) : null,
    changes: events
      .filter(({ kind }) => !DESCRIBING.includes(kind))
      .map(({ seq, kind, body, recorded_at: recordedAt }) => ({
        ...body,
        seq,
        recordedAt: recordedAt.toISOString(),
        kind: kind.replace(/^key-/, ''),
      })),
  });
}
