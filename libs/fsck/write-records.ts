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

/** That it arrived at all: without a run, or as the member of the run that it came with. */
export function recordOfArrival(row: LinkRow): LinkPosted {
  const cameWith = row.runs.find(({ joinedAt }) => joinedAt.getTime() === row.receivedAt.getTime());
  const [run = cameWith] = cameWith || row.loose ? [] : row.runs;
  return { ...recordOf(row, row.receivedAt), created: true, ...(run ? { run: asRecorded(run) } : {}) };
}

export function recordOfLoose(row: LinkRow): LinkPosted {
  return recordOf(row, row.receivedAt);
}

export function recordOfRun(id: Buffer, seq: string, run: RunRow): LinkPosted {
  return { ...recordOf({ id, seq }, run.joinedAt), run: asRecorded(run) };
}

function recordOf({ id, seq }: Pick<LinkRow, 'id' | 'seq'>, at: Date): LinkPosted {
  return { v: 1, kind: 'link', at: at.toISOString(), id: id.toString('hex'), seq };
}

function asRecorded({ run, attempt, seq }: RunRow): NonNullable<LinkPosted['run']> {
  return { name: run, attempt, joined: seq };
}
