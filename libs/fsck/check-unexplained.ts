import { markSubjects } from '#persistence/subjects/marks.js';
import { inTransaction } from '#persistence/transaction.js';
import { type CheckedChain, type Inspection, tell } from './inspection.js';
import type { Unexplained, UnexplainedLink, UnexplainedRun } from './unexplained.js';
import { recordOfArrival, recordOfLoose, recordOfRun, writeRecords } from './write-records.js';

/** The journal was read to its end: rows that it says otherwise of are wrong, and of others it has lost its record. */
export async function checkUnexplained(
  check: Inspection,
  chain: CheckedChain,
  { links, runs }: Unexplained,
): Promise<void> {
  for (const link of links.values()) {
    await judgeLink(check, chain, link);
  }
  for (const run of runs.values()) {
    await judgeRun(check, chain, run);
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
  } else if (row.loose && !loose) {
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
  } else if (!run.explained) {
    const detail = 'nothing says that it joined the run';
    await tell(check, { code: 'JOURNAL_MISSING', chain: chain.name, subject, detail }, () =>
      writeRecords(check, chain, [recordOfRun(id, link, row)]),
    );
  }
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
