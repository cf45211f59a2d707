import { writeFile } from 'node:fs/promises';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '#persistence/data-source.js';
import { BlobStore } from '#storage/blob-store.js';
import { MetadataReader } from '#storage/metadata-reader.js';
import { VerdictService } from '#verdicts/verdict-service.js';
import { EvidenceReader } from '#verification/evidence-reader.js';
import { VerificationService } from '#verification/verification-service.js';
import { component } from '../support/components.js';
import { exampleChain } from '../support/example-chain.js';
import { indexRows, verdictRows } from '../support/index-rows.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { fillStore, type RichStore, settled } from '../support/rich-store.js';
import { useS3 } from '../support/s3.js';
import { type Service, startService } from '../support/service.js';
import { codesOf, findingsOf, rebuildIndex } from '../support/store-check.js';

interface Blobs {
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

function rebuildStory(title: string, open: () => Promise<Blobs>): void {
  describe(`an index that is lost, of ${title}`, () => {
    let blobs: Blobs;
    let service: Service;
    let store: RichStore;
    let database: TestDatabase;
    let source: DataSource;

    beforeEach(async () => {
      blobs = await open();
      service = await startService(blobs.environment);
      store = await fillStore(service);
      await settled(service, store);
      database = await createDatabase();
      source = await createDataSource(database.url).initialize();
    });

    afterEach(async () => {
      await source?.destroy();
      await database?.drop();
      await service?.stop();
      await blobs?.close();
    });

    it('is made anew from the blobs alone, row by row, and its verdicts come out the same', async () => {
      const before = service.app.get(DataSource);
      const bytes = service.app.get(BlobStore);
      expect(await findingsOf({ source: before, blobs: bytes })).toEqual([]);

      expect(await rebuildIndex({ source, blobs: bytes })).toEqual([]);
      await ask(source, store.asked.chain, store.asked.digest);
      expect(await indexRows(source)).toEqual(await indexRows(before));

      await verifyAll(source, bytes);
      expect(await verdictRows(source)).toEqual(await verdictRows(before));
      expect((await verdictRows(source)).length).toBe(store.digests.length + 1);
      expect(await findingsOf({ source, blobs: bytes })).toEqual([]);
    });
  });
}

rebuildStory('files', async () => ({ environment: {}, close: async () => {} }));

component('s3')('on a real S3 server', () => {
  rebuildStory('objects', async () => {
    const s3 = await useS3();
    return {
      environment: {
        CUSTODY_S3_BUCKET: s3.bucket,
        CUSTODY_S3_ENDPOINT: s3.endpoint,
        CUSTODY_S3_ACCESS_KEY_ID: s3.accessKeyId,
        CUSTODY_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
      },
      close: () => s3.stop(),
    };
  });
});

describe('a rebuild', () => {
  it('is refused where there is an index', async () => {
    const service = await startService();
    await fillStore(service);
    const check = { source: service.app.get(DataSource), blobs: service.app.get(BlobStore) };
    await expect(rebuildIndex(check)).rejects.toThrow(/The index is not empty/);
    await service.stop();
  });
});

describe('a rebuild from a journal that is damaged', () => {
  it('trusts no key again whose revocation cannot be read', async () => {
    const service = await startService();
    const example = exampleChain({ seed: 'web' });
    await service.operator.found('acme/web', example);
    await service.operator.found('acme/shop', exampleChain({ seed: 'shop' }));
    const { keyid } = example.functionaries.alice;
    const before = await service.blobs();
    await service.operator.post(`/keys/${keyid}/misissue?chain=acme/web`, { reason: 'not hers' });
    const [revocation = ''] = (await service.blobs()).filter((path) => !before.includes(path));
    await writeFile(revocation, 'damaged');

    const database = await createDatabase();
    const source = await createDataSource(database.url).initialize();
    const findings = await rebuildIndex({ source, blobs: service.app.get(BlobStore) });
    expect(codesOf(findings)).toEqual(['JOURNAL_DAMAGED', 'CHAIN_NOT_INDEXED']);
    expect(await source.query('select name from chain')).toEqual([{ name: 'acme/shop' }]);
    const repaired = await findingsOf({ source, blobs: service.app.get(BlobStore) }, true);
    expect(repaired).toContainEqual(
      expect.objectContaining({ code: 'CHAIN_NOT_INDEXED', chain: 'acme/web', repaired: false }),
    );
    await source.destroy();
    await database.drop();
    await service.stop();
  });
});

async function ask(source: DataSource, chain: string, digest: string): Promise<void> {
  const [row] = await source.query<[{ id: number; name: string }]>(
    'select id, name from chain where name = $1',
    [chain],
  );
  await new VerdictService(source).find(row, Buffer.from(digest.slice('sha256:'.length), 'hex'), new Date());
}

/** What workers do with the marks. */
async function verifyAll(source: DataSource, blobs: BlobStore): Promise<void> {
  const verification = new VerificationService(source, new EvidenceReader(source, new MetadataReader(blobs)));
  for (;;) {
    const marks = await source.query<{ chainId: number; subject: Buffer; generation: string }[]>(
      'select chain_id as "chainId", subject, generation from verification_mark',
    );
    if (marks.length === 0) {
      return;
    }
    for (const mark of marks) {
      await verification.verify(mark, new Date());
    }
  }
}
