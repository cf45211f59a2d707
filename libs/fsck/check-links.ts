import type { QueryRunner } from 'typeorm';
import { fingerprintBytes } from '#persistence/uploads/read-upload.js';
import { blobKey } from '#storage/content-address.js';
import { expectedSums, sumsOf, sumUp, wasTiedMeanwhile } from './found-by.js';
import { forAll } from './in-pages.js';
import { type CheckedChain, type Inspection, tell } from './inspection.js';
import { signersAtReceipt, signersByAny } from './layouts-in-force.js';
import { type LinkRow, linkRows, newestSeq } from './link-rows.js';
import { type Derived, expectedRows, rewriteLink } from './mend-links.js';
import { isSamePoster, tellsOf } from './posters.js';
import { readBlob } from './read-blob.js';
import { RecordedHours } from './read-records.js';
import { readStrictly } from './rebuild-links.js';
import { sampler } from './sample.js';
import { lackingSigners } from './signer-rows.js';
import { Unexplained } from './unexplained.js';

const READS_AT_ONCE = 16;

interface Pass {
  readonly check: Inspection;
  readonly chain: CheckedChain;
  readonly connection: QueryRunner;
  readonly journal: RecordedHours;
  readonly unexplained: Unexplained;
  readonly isSampled: (id: Buffer) => boolean;
}

/**
 * From the rows to the bytes: every row's blob is there and has its hash, and the row, and all that the link is found by, is
 * what the bytes say. Returns the rows of which no record of the journal was found where it should be.
 */
export async function checkLinks(check: Inspection, chain: CheckedChain): Promise<Unexplained> {
  const { seq, count } = await newestSeq(check.source, chain.id);
  const connection = check.source.createQueryRunner();
  const unexplained = new Unexplained();
  try {
    check.progress.begin(`links of ${chain.name}`, count);
    await sumUp(connection, chain.id);
    const journal = new RecordedHours(check.blobs, chain.name);
    const isSampled = sampler(check.sample.seed, check.sample.blobs, count);
    const pass = { check, chain, connection, journal, unexplained, isSampled };
    for await (const rows of linkRows(check.source, chain.id, seq)) {
      await checkBytes(pass, rows);
      await checkRecords(pass, rows);
      check.report.looked('link rows', rows.length);
      check.progress.advance(rows.length);
    }
    await connection.query('drop table if exists fsck_artifact, fsck_key');
  } finally {
    await connection.release();
  }
  return unexplained;
}

async function checkBytes(pass: Pass, rows: readonly LinkRow[]): Promise<void> {
  const read = await forAll(rows, READS_AT_ONCE, async (row) => ({ row, derived: await derive(pass, row) }));
  const derived = read.flatMap(({ row, derived }) => (derived ? [{ row, derived }] : []));
  pass.check.report.looked('blobs of links', derived.length);
  const actual = await sumsOf(
    pass.connection,
    derived.map(({ row }) => row.seq),
  );
  const rowsWanted = derived.map(({ row, derived }) => expectedRows(row, derived));
  const wanted = await expectedSums(pass.connection, rowsWanted);
  const lacking = await lackingSigners(pass.check.source, pass.chain.id, derived);
  for (const { row, derived: link } of derived) {
    const [is, should] = [actual.get(row.seq), wanted.get(row.seq)];
    const differ = is?.artifacts !== should?.artifacts;
    const artifacts = differ && !(await wasTiedMeanwhile(pass.check.source, pass.chain.id, row, link, is));
    await compare(pass, row, link, {
      artifacts,
      keys: is?.keys !== should?.keys,
      signers: lacking.has(row.seq),
    });
  }
}

/** Undefined: not in the sample, or there is nothing to compare with, which is reported. */
async function derive(
  { check, chain, isSampled }: Pass,
  row: LinkRow,
): Promise<(Derived & { wrong: string[] }) | undefined> {
  if (!isSampled(row.id)) {
    if (!(await check.blobs.writtenAt(blobKey(chain.name, 'links', row.id)))) {
      await readBlob(check, { chain: chain.name, kind: 'links', id: row.id });
    }
    return undefined;
  }
  const bytes = await readBlob(check, { chain: chain.name, kind: 'links', id: row.id });
  const read = bytes && (await readStrictly(check, chain, bytes, row.id.toString('hex')));
  if (!read) {
    return undefined;
  }
  const { metadata, ...link } = read;
  const may = signersByAny(chain.layouts ?? [], metadata, row.receivedAt);
  const must = signersAtReceipt(chain.layouts ?? [], metadata, row.receivedAt);
  const isProven = row.proven && (chain.layouts === undefined || may.length > 0);
  const signers = (isProven ? may : must).map(fingerprintBytes);
  const derived = { ...link, signers, proven: isProven || must.length > 0 };
  return { ...derived, wrong: wrongColumns(row, derived) };
}

function wrongColumns(row: LinkRow, derived: Derived): string[] {
  return [
    ...(row.statement.equals(derived.statement) ? [] : ['statement']),
    ...(row.step === derived.step ? [] : ['step']),
    ...(row.container === derived.container ? [] : ['container']),
    ...(row.keyids.join('\n') === derived.keyids.join('\n') ? [] : ['keyids']),
    ...(row.size === derived.size ? [] : ['size']),
    ...(row.proven === derived.proven ? [] : ['proven']),
  ];
}

async function compare(
  { check, chain }: Pass,
  row: LinkRow,
  derived: Derived & { wrong: string[] },
  differing: { artifacts: boolean; keys: boolean; signers: boolean },
): Promise<void> {
  const subject = row.id.toString('hex');
  let rewritten: Promise<boolean> | undefined;
  const mend = (): Promise<boolean> => {
    rewritten ??= rewriteLink(check, chain, row, derived);
    return rewritten;
  };
  if (derived.wrong.length > 0) {
    const detail = `differs in ${derived.wrong.join(', ')}`;
    await tell(check, { code: 'LINK_ROW_WRONG', chain: chain.name, subject, detail }, mend);
  }
  if (differing.artifacts) {
    const detail = 'rows of link_artifact are missing, or there are others';
    await tell(check, { code: 'ARTIFACT_ROWS_WRONG', chain: chain.name, subject, detail }, mend);
  }
  if (differing.keys) {
    const detail = 'rows of link_key are missing, or there are others';
    await tell(check, { code: 'KEY_ROWS_WRONG', chain: chain.name, subject, detail }, mend);
  }
  if (differing.signers) {
    const detail = 'rows of statement_signer are missing, or later than the link';
    await tell(check, { code: 'SIGNER_ROWS_WRONG', chain: chain.name, subject, detail }, mend);
  }
}

/** The journal has a record of the link, of each membership and of each posting, at the time that the row names. */
async function checkRecords({ journal, unexplained }: Pass, rows: readonly LinkRow[]): Promise<void> {
  for (const row of rows) {
    const arrived = await journal.find(row.id, row.receivedAt);
    const at = row.receivedAt.toISOString();
    const own = arrived.filter((record) => record.created && record.at === at && record.seq === row.seq);
    const isTold = own.some(({ poster }) => isSamePoster(poster, row));
    if (!isTold || (row.loose && !own.some(({ run }) => run === undefined))) {
      unexplained.addLink(row);
    }
    for (const member of row.runs) {
      const joined = await journal.find(row.id, member.joinedAt);
      const known = joined.some(
        ({ run }) => run?.name === member.run && run.joined === member.seq && run.attempt === member.attempt,
      );
      if (!known) {
        unexplained.addRun(row, member);
      }
    }
    for (const posting of row.postings) {
      const posted = await journal.find(row.id, posting.postedAt);
      if (!posted.some((record) => tellsOf(record, posting))) {
        unexplained.addPosting(row, posting);
      }
    }
  }
}
