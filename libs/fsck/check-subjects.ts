import { holdChainForSubject } from '#persistence/subjects/chain-lock.js';
import { relateSubjects } from '#persistence/subjects/known-subjects.js';
import { markSubjects } from '#persistence/subjects/marks.js';
import { isMarkingWide } from '#persistence/subjects/wide-touches.js';
import { inTransaction } from '#persistence/transaction.js';
import { newestThatCounts } from '#persistence/verdicts/newest-that-counts.js';
import { writeDigest } from '#platform/digest.js';
import { type CheckedChain, type Inspection, tell } from './inspection.js';

/** The chain is held while a page is looked at, and uploads wait. */
const SUBJECTS_AT_ONCE = 50;

/** Every known digest is related to what anchors it, and has a verdict by the layout in force or is about to get one. */
export async function checkSubjects(check: Inspection, chain: CheckedChain): Promise<void> {
  const [{ count }] = await check.source.query<[{ count: string }]>(
    'select count(*) as count from subject where chain_id = $1',
    [chain.id],
  );
  check.progress.begin(`known digests of ${chain.name}`, Number(count));
  for await (const subjects of subjectPages(check, chain)) {
    await checkRelations(check, chain, subjects);
    await checkMarks(check, chain, subjects);
    check.report.looked('known digests', subjects.length);
    check.progress.advance(subjects.length);
  }
}

async function* subjectPages({ source }: Inspection, chain: CheckedChain): AsyncIterable<Buffer[]> {
  let after: Buffer = Buffer.alloc(0);
  for (;;) {
    const rows = await source.query<{ digest: Buffer }[]>(
      `select digest from subject where chain_id = $1 and digest > $2 order by digest limit ${SUBJECTS_AT_ONCE}`,
      [chain.id, after],
    );
    const last = rows.at(-1);
    if (!last) {
      return;
    }
    yield rows.map(({ digest }) => digest);
    after = last.digest;
  }
}

/** Does what making them known does; where nobody asked for repair, it is undone again. */
async function checkRelations(check: Inspection, chain: CheckedChain, subjects: Buffer[]): Promise<void> {
  const undone = new Error('undone');
  let lacking: readonly Buffer[] = [];
  await inTransaction(check.source, async (tx) => {
    await holdChainForSubject(tx, chain.id);
    lacking = await relateSubjects(tx, chain.id, subjects);
    if (!check.repair) {
      throw undone;
    }
    await markSubjects(tx, chain.id, lacking);
  }).catch((error: unknown) => {
    if (error !== undone) {
      throw error;
    }
  });
  if (lacking.length > 0 && (await isMarkingWide(check.source, chain.id))) {
    // A link that touches very many subjects came a moment ago.
    return;
  }
  for (const subject of lacking) {
    const detail = 'rows of subject_key or run_subject were missing';
    const found = { code: 'SUBJECT_ROWS_WRONG', chain: chain.name, subject: writeDigest(subject) } as const;
    await tell(check, { ...found, detail }, async () => true);
  }
}

async function checkMarks(check: Inspection, chain: CheckedChain, subjects: Buffer[]): Promise<void> {
  const rows = await check.source.query<{ digest: Buffer }[]>(
    `select digest from unnest($2::bytea[]) digest
       join chain on chain.id = $1
       left join lateral ${newestThatCounts('layout_id, seq', { subject: 'digest' })} current on true
      where (current.seq is null or current.layout_id is distinct from chain.active_layout)
        and not exists (select from verification_mark where chain_id = $1 and subject = digest)`,
    [chain.id, subjects],
  );
  for (const { digest } of rows) {
    const detail = 'it is not verified by the layout in force, and nobody is going to';
    const found = { code: 'MARK_MISSING', chain: chain.name, subject: writeDigest(digest) } as const;
    await tell(check, { ...found, detail }, () => mark(check, chain, digest));
  }
}

export async function mark({ source }: Inspection, chain: CheckedChain, subject: Buffer): Promise<boolean> {
  await inTransaction(source, (tx) => markSubjects(tx, chain.id, [subject]));
  return true;
}
