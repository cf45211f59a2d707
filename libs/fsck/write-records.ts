import { type Poster, UNRECORDED } from '#persistence/postings/poster.js';
import { Journal } from '#storage/journal.js';
import type { JournalRecord, LinkPosted } from '#storage/journal-record.js';
import { linkRecord } from '#storage/posting-records.js';
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

/** That it arrived at all: as its first poster posted it, else without a run, or as the member of the run that it came with. */
export function recordOfArrival(row: LinkRow): LinkPosted {
  const { id, seq, receivedAt: at, principal, postings } = row;
  const isArrival = (time: Date): boolean => time.getTime() === at.getTime();
  const first = postings.find((posting) => posting.principal === principal && isArrival(posting.postedAt));
  if (first) {
    return linkRecord({ id, seq, at, created: true, run: placeOf(first), poster: asRecorded(first) });
  }
  const cameWith = row.runs.find(({ joinedAt }) => isArrival(joinedAt));
  const [run = cameWith] = cameWith || row.loose ? [] : row.runs;
  return linkRecord({ id, seq, at, created: true, run: run && memberOf(run), poster: asRecorded(row) });
}

export function recordOfLoose({ id, seq, receivedAt: at }: LinkRow): LinkPosted {
  return linkRecord({ id, seq, at });
}

export function recordOfRun(id: Buffer, seq: string, run: RunRow): LinkPosted {
  return linkRecord({ id, seq, at: run.joinedAt, run: memberOf(run) });
}

export function recordOfPosting(id: Buffer, seq: string, posting: LinkPosting): LinkPosted {
  const { postedAt: at } = posting;
  return linkRecord({ id, seq, at, run: placeOf(posting), poster: asRecorded(posting) });
}

function memberOf({ run, attempt, seq }: RunRow): LinkPosted['run'] {
  return { name: run, attempt, joined: seq };
}

/** Undefined: without a run. */
function placeOf({ run, attempt, joined }: LinkPosting): LinkPosted['run'] {
  return joined === null ? undefined : { name: run, attempt, joined };
}

function asRecorded({ principal, token }: Poster): LinkPosted['poster'] {
  return principal === UNRECORDED.principal ? undefined : { principal, token };
}
