import { newestThatCounts } from '#persistence/verdicts/newest-that-counts.js';
import { writeDigest } from '#platform/digest.js';
import { mark } from './check-subjects.js';
import { type CheckedChain, type Inspection, tell } from './inspection.js';
import { sampler } from './sample.js';

interface VerdictRow {
  readonly subject: Buffer;
  readonly seq: string;
  readonly outcome: string;
  readonly inputs_digest: Buffer;
  readonly valid_until: Date | null;
  readonly evaluated_at: Date;
  readonly engine: number | null;
  /** Of its first finding. */
  readonly code: string | null;
}

const ROWS_AT_ONCE = 500;
const COLUMNS = `seq, outcome, inputs_digest, valid_until, evaluated_at, (basis ->> 'engine')::integer as engine,
  body -> 'findings' -> 0 ->> 'code' as code`;

/**
 * Computes a sample of the current verdicts again, as of the time at which they were made. Those found by another engine, or
 * before the trust in keys last changed, may well come out otherwise: they are for a replay.
 */
export async function checkVerdicts(check: Inspection, chain: CheckedChain): Promise<void> {
  const [{ count }] = await check.source.query<[{ count: string }]>(
    'select count(distinct subject) as count from verdict where chain_id = $1',
    [chain.id],
  );
  const isSampled = sampler(check.sample.seed, check.sample.verdicts, Number(count));
  check.progress.begin(`verdicts of ${chain.name}`, Number(count));
  for await (const rows of settledVerdicts(check, chain)) {
    for (const row of rows) {
      if (isSampled(row.subject)) {
        await checkVerdict(check, chain, row);
      }
      check.progress.advance();
    }
  }
}

/** The current verdict of each subject about which nothing has happened since. */
async function* settledVerdicts({ source }: Inspection, chain: CheckedChain): AsyncIterable<VerdictRow[]> {
  let after: Buffer = Buffer.alloc(0);
  for (;;) {
    const rows = await source.query<(VerdictRow & { unsettled: boolean })[]>(
      `select digest as subject, current.*,
              exists (select from verification_mark mark where mark.chain_id = $1 and mark.subject = digest)
                or evaluated_at <= coalesce(moved.recorded_at, '-infinity') as unsettled
         from subject
        cross join lateral ${newestThatCounts(COLUMNS, { subject: 'digest' })} current
         left join lateral (
           select recorded_at from chain join trust_event event on event.chain_id = chain.id and event.seq = chain.trust_epoch
            where chain.id = $1) moved on true
        where chain_id = $1 and digest > $2 order by digest limit ${ROWS_AT_ONCE}`,
      [chain.id, after],
    );
    const last = rows.at(-1);
    if (!last) {
      return;
    }
    yield rows.filter(({ unsettled }) => !unsettled);
    after = last.subject;
  }
}

async function checkVerdict(check: Inspection, chain: CheckedChain, row: VerdictRow): Promise<void> {
  const { subject, outcome } = row;
  const about = { code: 'VERDICT_WRONG', chain: chain.name, subject: writeDigest(subject) } as const;
  check.report.looked('verdicts', 1);
  if (row.code === 'EVIDENCE_TOO_LARGE') {
    // Undecided for the memory that the worker had, which is not known here.
    return;
  }
  try {
    const again = await check.recompute(chain.id, subject, row.evaluated_at);
    if (again && again.basis.engine !== row.engine) {
      return;
    }
    const isSame =
      again?.outcome === outcome &&
      again.inputsDigest.equals(row.inputs_digest) &&
      again.validUntil?.getTime() === row.valid_until?.getTime();
    if (!isSame && (await isStillSettled(check, chain, row))) {
      const detail = `${outcome} by the row, ${again?.outcome ?? 'unknown'} from the evidence`;
      await tell(check, { ...about, detail }, () => mark(check, chain, subject));
    }
  } catch (error) {
    const { name, message } = error as Error;
    if (name !== 'BlobLostError' && name !== 'BlobCorruptError') {
      throw error;
    }
    // The blob has a finding of its own.
    await tell(check, { ...about, detail: `${outcome} by the row, which cannot be repeated: ${message}` });
  }
}

/** Beside a running service something may have happened since the row was read. */
async function isStillSettled(
  { source }: Inspection,
  chain: CheckedChain,
  row: VerdictRow,
): Promise<boolean> {
  const [now] = await source.query<{ seq: string; marked: boolean }[]>(
    newestThatCounts(
      'seq, exists (select from verification_mark where chain_id = $1 and subject = $2) as marked',
    ),
    [chain.id, row.subject],
  );
  return now?.seq === row.seq && !now.marked;
}
