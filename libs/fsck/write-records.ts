import { Journal } from '#storage/journal.js';
import type { JournalRecord, LinkPosted } from '#storage/journal-record.js';
import type { CheckedChain, Inspection } from './inspection.js';
import type { LinkRow, RunRow } from './link-rows.js';

/** For rows that came before there was a journal, or whose record was lost: there they are all that is known. */
export async function writeRecords(
  { blobs }: Inspection,
  chain: Pick<CheckedChain, 'name'>,
  records: readonly JournalRecord[],
): Promise<boolean> {
  const journal = new Journal(blobs);
  for (const record of records) {
    await journal.restore(chain.name, record);
  }
  return true;
}

export function recordOf({ id, seq, receivedAt }: LinkRow): LinkPosted {
  return { v: 1, kind: 'link', at: receivedAt.toISOString(), id: id.toString('hex'), seq };
}

export function recordOfRun(id: Buffer, seq: string, row: RunRow, at: Date): LinkPosted {
  const run = { name: row.run, attempt: row.attempt, joined: row.seq };
  return { v: 1, kind: 'link', at: at.toISOString(), id: id.toString('hex'), seq, run };
}
