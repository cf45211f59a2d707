import { UNRECORDED } from '#persistence/postings/poster.js';
import { WITHOUT_RUN } from '#persistence/postings/posting.entity.js';
import type { LinkPosted } from '#storage/journal-record.js';
import { inPages } from './in-pages.js';
import { type CheckedChain, type Inspection, isYoung, tell } from './inspection.js';
import { linkRecords } from './read-records.js';
import { rebuildLinks } from './rebuild-links.js';
import type { Unexplained } from './unexplained.js';

const RECORDS_AT_ONCE = 500;

/**
 * From the journal to the rows: whatever arrived is in the index, in every run that it was posted to. Returns the links
 * that are not. What is young may still be under way, since a record is durable before its transaction commits.
 */
export async function checkJournal(
  check: Inspection,
  chain: CheckedChain,
  hours: readonly string[],
  unexplained: Unexplained,
): Promise<ReadonlySet<string>> {
  const told = new Set<string>();
  check.progress.begin(`journal of ${chain.name}`);
  for (const hour of hours) {
    const records = await linkRecords(check, chain.name, hour);
    for await (const page of inPages(records, RECORDS_AT_ONCE)) {
      await checkPage(check, chain, page, told);
      page.forEach((record) => {
        unexplained.explain(record);
      });
      check.report.looked('records of links', page.length);
    }
  }
  return told;
}

async function checkPage(
  check: Inspection,
  chain: CheckedChain,
  records: readonly LinkPosted[],
  told: Set<string>,
): Promise<void> {
  const index = await indexOf(check, chain, records);
  for (const record of records) {
    const lacking = index.lacks(record);
    if (lacking === undefined || isYoung(check, new Date(record.at))) {
      check.progress.advance();
      continue;
    }
    told.add(record.id);
    const detail = `posted at ${record.at}; the index lacks ${lacking}`;
    await tell(
      check,
      { code: 'LINK_NOT_INDEXED', chain: chain.name, subject: record.id, detail },
      async () => (await rebuildLinks(check, chain, [record])) === 1,
    );
  }
}

interface IndexPage {
  /** What the index does not have of a record. */
  lacks(record: LinkPosted): string | undefined;
}

async function indexOf(
  { source }: Inspection,
  chain: CheckedChain,
  records: readonly LinkPosted[],
): Promise<IndexPage> {
  const ids = records.map(({ id }) => Buffer.from(id, 'hex'));
  const rows = await source.query<IndexedRow[]>(
    `select id, loose, (select coalesce(json_object_agg(run, attempt), '{}') from run_link member
                         where member.chain_id = $1 and member.link = link.seq) as runs,
            (select coalesce(json_object_agg(concat(run, ' ', posting.principal), attempt), '{}') from posting
              where posting.chain_id = $1 and posting.link = link.seq) as postings
       from link where chain_id = $1 and id = any($2)`,
    [chain.id, ids],
  );
  const links = new Map(rows.map((row) => [row.id.toString('hex'), row]));
  const declared = records.filter(({ subject }) => subject !== undefined);
  const relations = await source.query<{ run: string; subject: Buffer; principal: string }[]>(
    `select run, subject, principal from unnest($2::text[], $3::bytea[], $4::text[]) as own(run, subject, principal)
      where exists (select from run_subject related
                     where related.chain_id = $1 and related.run = own.run and related.subject = own.subject)
        and exists (select from subject where subject.chain_id = $1 and subject.digest = own.subject)
        and (principal = $5 or exists (
          select from declaration declared
           where declared.chain_id = $1 and declared.run = own.run and declared.principal = own.principal
             and declared.subject = own.subject))`,
    [
      chain.id,
      declared.map(({ run }) => run?.name),
      declared.map(({ subject }) => Buffer.from(subject ?? '', 'hex')),
      declared.map(({ poster = UNRECORDED }) => poster.principal),
      UNRECORDED.principal,
    ],
  );
  const related = new Set(
    relations.map(({ run, subject, principal }) => `${run} ${subject.toString('hex')} ${principal}`),
  );
  return {
    lacks: ({ id, run, subject, poster = UNRECORDED }) => {
      const link = links.get(id);
      if (!link) {
        return 'the link';
      }
      if (run === undefined && !link.loose) {
        return 'that it was posted without a run';
      }
      if (run && (link.runs[run.name] ?? 0) < run.attempt) {
        return `attempt ${run.attempt} of run ${run.name}`;
      }
      const { principal } = poster;
      const posted = link.postings[`${run?.name ?? WITHOUT_RUN} ${principal}`] ?? 0;
      if (principal !== UNRECORDED.principal && posted < (run?.attempt ?? 1)) {
        return `that ${principal} posted it ${run ? `as attempt ${run.attempt} of run ${run.name}` : 'without a run'}`;
      }
      return !run || subject === undefined || related.has(`${run.name} ${subject} ${principal}`)
        ? undefined
        : `that run ${run.name} declares ${subject}`;
    },
  };
}

interface IndexedRow {
  readonly id: Buffer;
  readonly loose: boolean;
  /** The attempt by run. */
  readonly runs: Readonly<Record<string, number>>;
  /** The same by run and principal. */
  readonly postings: Readonly<Record<string, number>>;
}
