import { type Poster, UNRECORDED } from '#persistence/postings/poster.js';
import { Journal } from '#storage/journal.js';
import type { ImagePosted, JournalRecord, LinkPosted } from '#storage/journal-record.js';
import type { CheckedChain, Inspection } from './inspection.js';
import type { LinkPosting, LinkRow, RunRow } from './link-rows.js';

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
  const first = row.postings.find(
    ({ principal, postedAt }) =>
      principal === row.principal && postedAt.getTime() === row.receivedAt.getTime(),
  );
  if (first) {
    return { ...recordOfPosting(row.id, row.seq, first), created: true };
  }
  const cameWith = row.runs.find(({ joinedAt }) => joinedAt.getTime() === row.receivedAt.getTime());
  const [run = cameWith] = cameWith || row.loose ? [] : row.runs;
  const { principal, token } = row;
  return {
    ...recordOf(row, row.receivedAt),
    created: true,
    ...(run ? { run: asRecorded(run) } : {}),
    ...(principal === UNRECORDED.principal ? {} : { poster: { principal, token } }),
  };
}

export function recordOfPosting(id: Buffer, seq: string, posting: LinkPosting): LinkPosted {
  const { run: name, attempt, joined, principal, token, postedAt } = posting;
  return {
    ...recordOf({ id, seq }, postedAt),
    ...(joined === null ? {} : { run: { name, attempt, joined } }),
    poster: { principal, token },
  };
}

export function recordOfLoose(row: LinkRow): LinkPosted {
  return recordOf(row, row.receivedAt);
}

export function recordOfRun(id: Buffer, seq: string, run: RunRow): LinkPosted {
  return { ...recordOf({ id, seq }, run.joinedAt), run: asRecorded(run) };
}

export function recordOfImage(digest: Buffer, poster: Poster, at: Date): ImagePosted {
  return { v: 1, kind: 'image', at: at.toISOString(), id: digest.toString('hex'), poster };
}

function recordOf({ id, seq }: Pick<LinkRow, 'id' | 'seq'>, at: Date): LinkPosted {
  return { v: 1, kind: 'link', at: at.toISOString(), id: id.toString('hex'), seq };
}

function asRecorded({ run, attempt, seq }: RunRow): NonNullable<LinkPosted['run']> {
  return { name: run, attempt, joined: seq };
}
