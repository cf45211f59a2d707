import type { QueryRunner } from 'typeorm';
import { postImage } from '#persistence/postings/post-image.js';
import { inTransaction } from '#persistence/transaction.js';
import { imageRecord } from '#storage/posting-records.js';
import { type CheckedChain, type Inspection, isYoung, tell } from './inspection.js';
import { imageRecords } from './read-records.js';
import { writeRecords } from './write-records.js';

const ROWS_AT_ONCE = 500;

interface Posted {
  readonly token: string;
  readonly at: Date;
}

/** Where row and journal do not say the same of a principal and an image. */
interface Difference {
  readonly digest: Buffer;
  readonly principal: string;
  readonly row: Posted | undefined;
  readonly recorded: Posted | undefined;
}

/**
 * Who posted images, from the journal to the rows and back. The journal cannot be asked for the records of an image, so
 * they are gathered in a table of this connection alone.
 */
export async function checkImagePosters(
  check: Inspection,
  chain: CheckedChain,
  hours: readonly string[],
): Promise<void> {
  const connection = check.source.createQueryRunner();
  try {
    await gather(connection, check, chain, hours);
    for await (const difference of differences(connection, chain)) {
      await judge(check, chain, difference);
    }
    await connection.query('drop table fsck_image');
  } finally {
    await connection.release();
  }
}

async function gather(
  connection: QueryRunner,
  check: Inspection,
  chain: CheckedChain,
  hours: readonly string[],
): Promise<void> {
  await connection.query('drop table if exists fsck_image');
  await connection.query(
    'create temp table fsck_image (digest bytea, principal text, token text, posted_at timestamptz)',
  );
  for (const hour of hours) {
    const records = await imageRecords(check, chain.name, hour);
    await connection.query(
      'insert into fsck_image select * from unnest($1::bytea[], $2::text[], $3::text[], $4::timestamptz[])',
      [
        records.map(({ id }) => Buffer.from(id, 'hex')),
        records.map(({ poster }) => poster.principal),
        records.map(({ poster }) => poster.token),
        records.map(({ at }) => at),
      ],
    );
    check.report.looked('records of images', records.length);
  }
  await connection.query('create index on fsck_image (digest, principal)');
}

/** A transaction that failed may have left a record before that of the row: only where none is right, the first counts. */
async function* differences(connection: QueryRunner, { id }: CheckedChain): AsyncIterable<Difference> {
  let after: Pick<Row, 'digest' | 'principal'> = { digest: Buffer.alloc(0), principal: '' };
  for (;;) {
    const rows: Row[] = await connection.query(
      `select digest, principal, own.token, own.posted_at, first.token as recorded_token, first.posted_at as recorded_at
         from (select * from image_posting where chain_id = $1) own
         full join (select distinct on (digest, principal) * from fsck_image order by digest, principal, posted_at) first
              using (digest, principal)
        where (digest, principal) > ($2, $3) and not exists (
          select from fsck_image same
           where same.digest = own.digest and same.principal = own.principal
             and same.token = own.token and same.posted_at = own.posted_at)
        order by digest, principal limit ${ROWS_AT_ONCE}`,
      [id, after.digest, after.principal],
    );
    yield* rows.map(toDifference);
    const last = rows.at(-1);
    if (!last) {
      return;
    }
    after = last;
  }
}

interface Row {
  readonly digest: Buffer;
  readonly principal: string;
  readonly token: string | null;
  readonly posted_at: Date | null;
  readonly recorded_token: string | null;
  readonly recorded_at: Date | null;
}

function toDifference({ digest, principal, token, posted_at, recorded_token, recorded_at }: Row): Difference {
  const posted = (by: string | null, at: Date | null) => (by === null || !at ? undefined : { token: by, at });
  return { digest, principal, row: posted(token, posted_at), recorded: posted(recorded_token, recorded_at) };
}

async function judge(
  check: Inspection,
  chain: CheckedChain,
  { digest, principal, row, recorded }: Difference,
): Promise<void> {
  const found = { chain: chain.name, subject: `${digest.toString('hex')} by ${principal}` };
  if (row && !recorded && !isYoung(check, row.at)) {
    const detail = 'nothing says that it was posted';
    const record = imageRecord(digest, { principal, token: row.token }, row.at);
    await tell(check, { ...found, code: 'JOURNAL_MISSING', detail }, () =>
      writeRecords(check, chain, [record]),
    );
  } else if (recorded && !row && !isYoung(check, recorded.at)) {
    const detail = `posted at ${recorded.at.toISOString()}`;
    const poster = { principal, token: recorded.token };
    await tell(check, { ...found, code: 'IMAGE_NOT_INDEXED', detail }, () =>
      inTransaction(check.source, (tx) => postImage(tx, chain.id, digest, poster, recorded.at)),
    );
  } else if (recorded && row) {
    const detail = `the journal has it at ${recorded.at.toISOString()}, token ${recorded.token}`;
    await tell(check, { ...found, code: 'POSTING_ROW_WRONG', detail }, async () => {
      await check.source.query(
        'update image_posting set token = $4, posted_at = $5 where chain_id = $1 and digest = $2 and principal = $3',
        [chain.id, digest, principal, recorded.token, recorded.at],
      );
      return true;
    });
  }
}
