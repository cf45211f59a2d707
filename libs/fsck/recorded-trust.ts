import type { KeyKnown, RootAccepted, TrustChanged, TrustRecord } from '#storage/journal-record.js';

/** What the journal says of a chain, as it was after the last record. */
export interface RecordedTrust {
  readonly chain: Extract<TrustRecord, { kind: 'chain' }>;
  readonly settings: unknown;
  /** In the order in which they came into force. */
  readonly layouts: readonly Extract<TrustRecord, { kind: 'layout' }>[];
  /** By version, ascending. */
  readonly roots: readonly RootAccepted[];
  /** By fingerprint. */
  readonly keys: ReadonlyMap<string, KeyKnown>;
  /** By place, in order. */
  readonly events: ReadonlyMap<string, TrustChanged>;
  /** When the last of it was written. */
  readonly changedAt: Date;
}

/**
 * Undefined when the chain was never created. A record may be of a transaction that failed afterwards: then a later one
 * of the same chain, or of the same version of the layout, takes its place.
 */
export function foldTrust(unordered: readonly TrustRecord[]): RecordedTrust | undefined {
  const records = [...unordered].sort(asItHappened);
  let chain: RecordedTrust['chain'] | undefined;
  let settings: unknown;
  const layouts = new Map<string, RecordedTrust['layouts'][number]>();
  const roots = new Map<number, RootAccepted>();
  const keys = new Map<string, KeyKnown>();
  const events = new Map<string, TrustChanged>();
  for (const record of records) {
    switch (record.kind) {
      case 'chain':
        chain = record;
        roots.clear();
        keys.clear();
        events.clear();
        settings = record.settings;
        break;
      case 'settings':
        settings = record.settings;
        break;
      case 'layout':
        layouts.set(record.id, record);
        break;
      case 'root':
        roots.set(record.version, record);
        break;
      case 'key':
        keys.set(record.fingerprint, record);
        break;
      case 'event':
        events.set(record.seq, record);
        break;
    }
  }
  const inOrder = [...layouts.values()].sort((a, b) => a.version - b.version);
  const changedAt = new Date(records.at(-1)?.at ?? 0);
  const inPlace = new Map([...events].sort(([a], [b]) => Number(BigInt(a) - BigInt(b))));
  const versions = [...roots.values()].sort((a, b) => a.version - b.version);
  return chain && { chain, settings, layouts: inOrder, roots: versions, keys, events: inPlace, changedAt };
}

/** What is said of a chain within the millisecond of its creation comes after it, in whichever object it lies. */
function asItHappened(a: TrustRecord, b: TrustRecord): number {
  if (a.at !== b.at) {
    return a.at < b.at ? -1 : 1;
  }
  return Number(b.kind === 'chain') - Number(a.kind === 'chain');
}
