import { LRUCache } from 'lru-cache';
import { BlobCorruptError, type BlobStore } from '#storage/blob-store.js';
import {
  hourOf,
  isJournalObject,
  JournalUnreadableError,
  journalFolder,
  readJournal,
} from '#storage/journal.js';
import type { ImagePosted, JournalRecord, LinkPosted, TrustRecord } from '#storage/journal-record.js';
import { forAll, inPages } from './in-pages.js';
import { type Inspection, tell } from './inspection.js';

const READS_AT_ONCE = 16;

/** One object of the journal: what one transaction wrote. */
export interface Entry {
  readonly key: string;
  readonly records: readonly JournalRecord[];
}

/** What the journal tells of whom a chain trusts. */
export interface TrustJournal {
  readonly records: readonly TrustRecord[];
  /** Every object could be read. One that could not may take trust away. */
  readonly isWhole: boolean;
}

export async function trustRecords(check: Inspection, chain: string): Promise<TrustJournal> {
  const { entries, isWhole } = await entriesUnder(check, chain, journalFolder(chain, 'trust'));
  const records = entries
    .flatMap(({ records }) => records)
    .filter((record): record is TrustRecord => record.kind !== 'link' && record.kind !== 'image');
  return { records, isWhole };
}

/** What arrived within an hour, in the order in which it did. */
export async function linkRecords(check: Inspection, chain: string, hour: string): Promise<LinkPosted[]> {
  const { entries } = await entriesUnder(check, chain, journalFolder(chain, 'links', hour));
  return linksOf(entries);
}

/** Who posted images within an hour. */
export async function imageRecords(check: Inspection, chain: string, hour: string): Promise<ImagePosted[]> {
  const { entries } = await entriesUnder(check, chain, journalFolder(chain, 'images', hour));
  return entries
    .flatMap(({ records }) => records)
    .filter((record): record is ImagePosted => record.kind === 'image');
}

function linksOf(entries: readonly Entry[]): LinkPosted[] {
  return entries
    .flatMap(({ records }) => records)
    .filter((record): record is LinkPosted => record.kind === 'link')
    .sort((a, b) => (a.at === b.at ? Number(BigInt(a.seq) - BigInt(b.seq)) : a.at < b.at ? -1 : 1));
}

/** Objects that cannot be read are reported and passed over. */
async function entriesUnder(
  check: Inspection,
  chain: string,
  folder: string,
): Promise<{ entries: Entry[]; isWhole: boolean }> {
  const entries: Entry[] = [];
  let isWhole = true;
  for await (const keys of inPages(check.blobs.list(folder), READS_AT_ONCE * 8)) {
    const read = await forAll(keys, READS_AT_ONCE, (key) => readEntry(check, chain, key));
    entries.push(...read.flatMap((entry) => entry ?? []));
    isWhole &&= !read.includes(undefined);
  }
  return { entries, isWhole };
}

async function readEntry(check: Inspection, chain: string, key: string): Promise<Entry | undefined> {
  try {
    return { key, records: await readJournal(check.blobs, key) };
  } catch (error) {
    if (error instanceof BlobCorruptError) {
      return readMended(check, chain, key);
    }
    if (error instanceof JournalUnreadableError) {
      const detail = 'check with the version that wrote it, or a newer one';
      await tell(check, { code: 'JOURNAL_UNREADABLE', chain, subject: key, detail });
      return undefined;
    }
    throw error;
  }
}

/** The copy of the blobs may have what was written. Without it, rows are all that is left of some of the records. */
async function readMended(check: Inspection, chain: string, key: string): Promise<Entry | undefined> {
  const detail = 'restore it from a copy of the blobs with --from; --repair writes anew what rows say of it';
  let mended: Entry | undefined;
  await tell(check, { code: 'JOURNAL_DAMAGED', chain, subject: key, detail }, async () => {
    const bytes = await check.spare?.get(key);
    if (!bytes || !isJournalObject(key, bytes)) {
      return false;
    }
    await check.blobs.replace(key, bytes);
    mended = { key, records: await readJournal(check.blobs, key) };
    return true;
  });
  return mended;
}

function noneIfBad(error: unknown): JournalRecord[] {
  if (error instanceof BlobCorruptError || error instanceof JournalUnreadableError) {
    return [];
  }
  throw error;
}

/** The journal as rows are looked up in it: a row says when it came, and so in which hour its record is. */
export class RecordedHours {
  private readonly hours = new LRUCache<string, ReadonlyMap<string, readonly LinkPosted[]>>({
    max: 4,
    fetchMethod: (hour) => this.load(hour),
  });

  constructor(
    private readonly blobs: BlobStore,
    private readonly chain: string,
  ) {}

  async find(id: Buffer, at: Date): Promise<readonly LinkPosted[]> {
    const hour = await this.hours.fetch(hourOf(at.toISOString()));
    return hour?.get(id.toString('hex')) ?? [];
  }

  /** What cannot be read is reported by whoever reads the journal from its side. */
  private async load(hour: string): Promise<ReadonlyMap<string, readonly LinkPosted[]>> {
    const byId = new Map<string, LinkPosted[]>();
    for await (const keys of inPages(this.blobs.list(journalFolder(this.chain, 'links', hour)), 128)) {
      const entries = await forAll(keys, READS_AT_ONCE, (key) =>
        readJournal(this.blobs, key).catch(noneIfBad),
      );
      for (const record of entries.flat()) {
        if (record.kind === 'link') {
          byId.set(record.id, [...(byId.get(record.id) ?? []), record]);
        }
      }
    }
    return byId;
  }
}
