import { BlobCorruptError, type BlobStore } from './blob-store.js';
import { sha256 } from './content-address.js';
import { type JournalRecord, journalRecord } from './journal-record.js';

/** Trust is little and read as a whole; links and images are very many and read hour by hour. */
export const journalStreams = ['trust', 'links', 'images'] as const;
export type JournalStream = (typeof journalStreams)[number];

/** An object of the journal has the bytes that were written, but this version does not understand them. */
export class JournalUnreadableError extends Error {
  override readonly name = 'JournalUnreadableError';
}

/**
 * Beside the signed bytes, the blob store keeps what the index knows from elsewhere, so that the index can be made anew
 * from the blob store alone. A record is durable before its transaction commits.
 *
 * The record of a transaction that failed afterwards is harmless: it tells what did arrive, validly signed, only that
 * nobody was told so. Whoever replays it believes no more than what a client could post again.
 */
export class Journal {
  constructor(private readonly blobs: BlobStore) {}

  /** Records of one stream, that belong to one transaction. Durable when it resolves. */
  async append(chain: string, records: readonly JournalRecord[]): Promise<void> {
    const [first] = records;
    if (first) {
      const bytes = asLines(records);
      await this.blobs.put(journalKey(chain, first, bytes), bytes);
    }
  }

  /** Writes one record anew, also in the place of an object that was damaged. */
  async restore(chain: string, record: JournalRecord): Promise<void> {
    const bytes = asLines([record]);
    await this.blobs.replace(journalKey(chain, record, bytes), bytes);
  }
}

function asLines(records: readonly JournalRecord[]): Buffer {
  return Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

/** `acme/web/journal/links/2026-11-22T16/<sha256>`: by the hour, since a row that is looked for says when it came. */
function journalKey(chain: string, { kind, at }: JournalRecord, bytes: Buffer): string {
  return `${journalFolder(chain, streamOf(kind), hourOf(at))}${sha256(bytes).toString('hex')}`;
}

function streamOf(kind: JournalRecord['kind']): JournalStream {
  return kind === 'link' ? 'links' : kind === 'image' ? 'images' : 'trust';
}

export function journalFolder(chain: string, stream: JournalStream, hour?: string): string {
  return `${chain}/journal/${stream}/${hour === undefined ? '' : `${hour}/`}`;
}

/** `2026-11-22T16`, of a time as records have it. */
export function hourOf(at: string): string {
  return at.slice(0, 13);
}

/** These are the bytes that were written under the key. */
export function isJournalObject(key: string, bytes: Buffer): boolean {
  return key.endsWith(`/${sha256(bytes).toString('hex')}`);
}

/** The records of one object, proven to be those that were written. */
export async function readJournal(blobs: BlobStore, key: string): Promise<JournalRecord[]> {
  const bytes = await blobs.get(key);
  if (!bytes || !isJournalObject(key, bytes)) {
    throw new BlobCorruptError(key);
  }
  const lines = bytes.toString().split('\n').filter(Boolean);
  return lines.map((line) => {
    try {
      return journalRecord.parse(JSON.parse(line));
    } catch (error) {
      throw new JournalUnreadableError(`${key} holds what this version cannot read`, { cause: error });
    }
  });
}
