import { type Poster, UNRECORDED } from '#persistence/postings/poster.js';
import { WITHOUT_RUN } from '#persistence/postings/posting.entity.js';
import { markSubjects } from '#persistence/subjects/marks.js';
import { inTransaction } from '#persistence/transaction.js';
import { type CheckedChain, type Inspection, isYoung, tell } from './inspection.js';
import { isSamePoster } from './posters.js';
import type { Unexplained, UnexplainedLink, UnexplainedPosting, UnexplainedRun } from './unexplained.js';
import {
  recordOfArrival,
  recordOfLoose,
  recordOfPosting,
  recordOfRun,
  writeRecords,
} from './write-records.js';

/** No run is judged by who posted to it. */
const NONE_JUDGED: readonly string[] = [];

/** The journal was read to its end: rows that it says otherwise of are wrong, and of others it has lost its record. */
export async function checkUnexplained(
  check: Inspection,
  chain: CheckedChain,
  { links, runs, postings }: Unexplained,
): Promise<void> {
  for (const link of links.values()) {
    await judgeLink(check, chain, link);
  }
  for (const run of runs) {
    await judgeRun(check, chain, run);
  }
  for (const posting of postings) {
    await judgePosting(check, chain, posting);
  }
}

async function judgeLink(
  check: Inspection,
  chain: CheckedChain,
  { row, first, loose }: UnexplainedLink,
): Promise<void> {
  const subject = row.id.toString('hex');
  if (!first) {
    const detail = `nothing says that it arrived at ${row.receivedAt.toISOString()}`;
    await tell(check, { code: 'JOURNAL_MISSING', chain: chain.name, subject, detail }, () =>
      writeRecords(check, chain, [recordOfArrival(row)]),
    );
    return;
  }
  const moved = first.at !== row.receivedAt.toISOString() || first.seq !== row.seq;
  if (moved && first.seq === row.seq) {
    const detail = `received at ${row.receivedAt.toISOString()} by the row, ${first.at} by the journal`;
    await tell(check, { code: 'LINK_ROW_WRONG', chain: chain.name, subject, detail }, () => {
      const correct = 'update link set received_at = $3 where chain_id = $1 and id = $2';
      return mendRow(
        check,
        chain,
        row.runs.map(({ run }) => run),
        correct,
        [row.id, first.at],
      );
    });
  } else if (moved) {
    const detail = `place ${row.seq} by the row, ${first.seq} by the journal`;
    await tell(check, { code: 'JOURNAL_MISSING', chain: chain.name, subject, detail }, () =>
      writeRecords(check, chain, [recordOfArrival(row)]),
    );
  } else if (!isSamePoster(first.poster, row)) {
    const { principal, token } = first.poster ?? UNRECORDED;
    const detail = `posted by ${told(row)} by the row, by ${told({ principal, token })} by the journal`;
    await tell(check, { code: 'LINK_ROW_WRONG', chain: chain.name, subject, detail }, () => {
      const correct = 'update link set principal = $3, token = $4 where chain_id = $1 and id = $2';
      return mendRow(check, chain, NONE_JUDGED, correct, [row.id, principal, token]);
    });
  } else if (row.loose && !loose && !row.postings.some(({ run }) => run === WITHOUT_RUN)) {
    const detail = 'posted without a run by the row, only with one by the journal';
    await tell(check, { code: 'JOURNAL_MISSING', chain: chain.name, subject, detail }, () =>
      writeRecords(check, chain, [recordOfLoose(row)]),
    );
  }
}

async function judgeRun(check: Inspection, chain: CheckedChain, run: UnexplainedRun): Promise<void> {
  const { id, link, row } = run;
  const subject = `${id.toString('hex')} in run ${row.run}`;
  if (run.contradicted) {
    const detail = 'the journal has this membership in another run';
    await tell(check, { code: 'RUN_ROW_WRONG', chain: chain.name, subject, detail }, () => {
      const remove = 'delete from run_link where chain_id = $1 and run = $2 and link = $3';
      return mendRow(check, chain, [row.run], remove, [row.run, link]);
    });
  } else if (run.explained && run.attempt !== row.attempt) {
    const detail = `attempt ${row.attempt} by the row, ${run.attempt} by the journal`;
    await tell(check, { code: 'RUN_ROW_WRONG', chain: chain.name, subject, detail }, () => {
      const correct = 'update run_link set attempt = $4 where chain_id = $1 and run = $2 and link = $3';
      return mendRow(check, chain, [row.run], correct, [row.run, link, run.attempt]);
    });
  } else if (!run.explained && !run.isPosted) {
    const detail = 'nothing says that it joined the run';
    await tell(check, { code: 'JOURNAL_MISSING', chain: chain.name, subject, detail }, () =>
      writeRecords(check, chain, [recordOfRun(id, link, row)]),
    );
  }
}

async function judgePosting(
  check: Inspection,
  chain: CheckedChain,
  { id, link, row, first, attempt, token, contradicted }: UnexplainedPosting,
): Promise<void> {
  const where = row.run === WITHOUT_RUN ? 'without a run' : `in run ${row.run}`;
  const subject = `${id.toString('hex')} ${where} by ${row.principal}`;
  const key = [row.run, row.principal, link];
  const ofRow = 'where chain_id = $1 and run = $2 and principal = $3 and link = $4';
  if (!first && !contradicted) {
    // Posted while the check went on, its record is in an hour that was not read.
    if (isYoung(check, row.postedAt)) {
      return;
    }
    const detail = 'nothing says that it was posted so';
    await tell(check, { code: 'JOURNAL_MISSING', chain: chain.name, subject, detail }, () =>
      writeRecords(check, chain, [recordOfPosting(id, link, row)]),
    );
    return;
  }
  const found = { code: 'POSTING_ROW_WRONG', chain: chain.name, subject } as const;
  if (!first) {
    const detail = 'the journal has this posting otherwise';
    await tell(check, { ...found, detail }, () =>
      mendRow(check, chain, NONE_JUDGED, `delete from posting ${ofRow}`, key),
    );
    return;
  }
  const joined = first.run?.joined ?? null;
  const isRight =
    first.at === row.postedAt.toISOString() &&
    joined === row.joined &&
    attempt === row.attempt &&
    token === row.token;
  if (!isRight) {
    const detail = `the journal has it at ${first.at}, place ${joined}, attempt ${attempt}, token ${token}`;
    await tell(check, { ...found, detail }, () => {
      const correct = `update posting set posted_at = $5, joined = $6, attempt = $7, token = $8 ${ofRow}`;
      return mendRow(check, chain, NONE_JUDGED, correct, [...key, first.at, joined, attempt, token]);
    });
  }
}

function told({ principal, token }: Poster): string {
  return principal === UNRECORDED.principal ? 'nobody known' : `${principal} (token ${token})`;
}

/** Corrects a row, and has every subject of the runs looked at again. */
async function mendRow(
  { source }: Inspection,
  chain: CheckedChain,
  runs: readonly string[],
  statement: string,
  values: readonly unknown[],
): Promise<boolean> {
  await inTransaction(source, async (tx) => {
    await tx.query(statement, [chain.id, ...values]);
    const related = await tx.query<{ subject: Buffer }[]>(
      'select distinct subject from run_subject where chain_id = $1 and run = any($2)',
      [chain.id, runs],
    );
    await markSubjects(
      tx,
      chain.id,
      related.map(({ subject }) => subject),
    );
  });
  return true;
}
