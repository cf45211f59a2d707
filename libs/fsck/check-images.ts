import { type ImageFile, readImageFile } from '#persistence/subjects/read-manifest.js';
import { storeImage } from '#persistence/subjects/store-image.js';
import { inTransaction } from '#persistence/transaction.js';
import { blobKey } from '#storage/content-address.js';
import { type CheckedChain, type Inspection, isYoung, tell } from './inspection.js';
import { readBlob } from './read-blob.js';
import { readKey } from './survey.js';

const ROWS_AT_ONCE = 500;

/** From the posted manifests and indexes to the rows, and back: what they say is indexed, and nothing else is. */
export async function checkImages(check: Inspection, chain: CheckedChain): Promise<void> {
  check.progress.begin(`images of ${chain.name}`);
  for await (const key of check.blobs.list(`${chain.name}/manifests/`)) {
    const address = readKey(key);
    const bytes = address?.kind === 'manifests' ? await readBlob(check, address) : undefined;
    if (bytes) {
      await checkImage(check, chain, key, readImageFile(bytes));
    }
    check.report.looked('images', 1);
    check.progress.advance();
  }
  await checkRelations(check, chain);
}

async function checkImage(
  check: Inspection,
  chain: CheckedChain,
  key: string,
  image: ImageFile,
): Promise<void> {
  const [row] = await check.source.query<[{ known: boolean; relations: string }]>(
    `select exists (select from subject where chain_id = $1 and digest = $2) as known,
            (select count(*) from image_relation there join unnest($3::bytea[], $4::bytea[]) own(covered, covering)
               on there.chain_id = $1 and there.covered = own.covered and there.covering = own.covering) as relations`,
    [
      chain.id,
      image.digest,
      image.relations.map(({ covered }) => covered),
      image.relations.map(({ covering }) => covering),
    ],
  );
  const isIndexed = row.known && Number(row.relations) >= image.relations.length;
  const written = isIndexed ? undefined : await check.blobs.writtenAt(key);
  if (written && !isYoung(check, written)) {
    const subject = image.digest.toString('hex');
    const detail = `posted at ${written.toISOString()} or before`;
    await tell(check, { code: 'IMAGE_NOT_INDEXED', chain: chain.name, subject, detail }, async () => {
      await inTransaction(check.source, (tx) => storeImage(tx, chain.id, image));
      return true;
    });
  }
}

/** Of each relation, the file that says so is there. */
async function checkRelations(check: Inspection, chain: CheckedChain): Promise<void> {
  let after: Buffer = Buffer.alloc(0);
  for (;;) {
    const rows = await check.source.query<{ file: Buffer }[]>(
      `select distinct file from (
         select case kind when 'index' then covering else covered end as file from image_relation where chain_id = $1) files
        where file > $2 order by file limit ${ROWS_AT_ONCE}`,
      [chain.id, after],
    );
    for (const { file } of rows) {
      if (!(await check.blobs.writtenAt(blobKey(chain.name, 'manifests', file)))) {
        await readBlob(check, { chain: chain.name, kind: 'manifests', id: file });
      }
    }
    const last = rows.at(-1);
    if (!last) {
      return;
    }
    after = last.file;
  }
}
