import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDataSource } from '#persistence/data-source.js';
import { claimMarks } from '#persistence/subjects/claim-marks.js';
import { type Mark, markSubjects } from '#persistence/subjects/marks.js';
import { Priority } from '#persistence/subjects/verification-mark.entity.js';
import { inTransaction } from '#persistence/transaction.js';
import { loadConfig } from '#platform/config.js';
import { createLogger } from '#platform/logger.js';
import { Metrics } from '#platform/metrics.js';
import { createVerificationQueue, type VerificationQueue } from '#queue/verification-queue.js';
import { sha256 } from '#storage/content-address.js';
import { FileBlobStore } from '#storage/file-blob-store.js';
import { MetadataReader } from '#storage/metadata-reader.js';
import { EvidenceReader } from '#verification/evidence-reader.js';
import { VerificationService } from '#verification/verification-service.js';
import { JOB_MS, VerifyWorker } from '#verification/verify-worker.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

/** One that takes as long as the test wants. */
class SlowVerification extends VerificationService {
  readonly begun: Mark[] = [];
  finish = (): void => {};
  private readonly finished = new Promise<void>((resolve) => {
    this.finish = resolve;
  });

  override async verify(mark: Mark, at: Date) {
    this.begun.push(mark);
    await this.finished;
    return super.verify(mark, at);
  }
}

let database: TestDatabase;
let source: DataSource;
let queue: VerificationQueue;

beforeAll(async () => {
  database = await createDatabase();
  source = await createDataSource(database.url).initialize();
  queue = createVerificationQueue(loadConfig({ DATABASE_URL: database.url }), () => {});
});

afterAll(async () => {
  await queue.close();
  await source.destroy();
  await database.drop();
});

const claim = async () => {
  const bounds = { limit: 10, outAtMost: 100, outOfChain: 100, leaseSeconds: 30 };
  const { marks } = await claimMarks(source, { priority: Priority.interactive, ...bounds });
  return marks.map(({ place: _, ...mark }): Mark => mark);
};

/** A worker with the first of three subjects under way. */
async function busyWorker() {
  await source.query('truncate verification_mark');
  const subjects = ['one', 'two', 'three'].map((image) => sha256(Buffer.from(image)));
  await inTransaction(source, (tx) => markSubjects(tx, 1, subjects));
  const marks = await claim();
  const metadata = new MetadataReader(new FileBlobStore('/nowhere'));
  const verification = new SlowVerification(source, new EvidenceReader(source, metadata));
  const log = createLogger({ logLevel: 'silent' }, 'worker');
  const worker = new VerifyWorker(queue, verification, loadConfig({}), log, new Metrics());
  worker.onApplicationBootstrap();
  await queue.publish(marks.map((mark) => ({ ...mark, subject: mark.subject.toString('hex') })));
  await expect.poll(() => verification.begun.length, { timeout: 10_000 }).toBe(1);
  return { marks, verification, worker };
}

it('a worker that stops finishes the subject under way and hands back the rest of its job at once', async () => {
  const { marks, verification, worker } = await busyWorker();
  const stopped = worker.onModuleDestroy();
  verification.finish();
  await stopped;
  expect(verification.begun).toEqual([marks[0]]);
  expect(await claim()).toEqual(expect.arrayContaining(marks.slice(1)));
  expect(await claim()).toEqual([]);
});

it('a worker with a slow subject hands back the rest of its job, whose turns stay what they were', async () => {
  const { marks, verification, worker } = await busyWorker();
  await sleep(2 * JOB_MS);
  await inTransaction(source, (tx) => markSubjects(tx, 1, [sha256(Buffer.from('four'))]));
  verification.finish();
  const freed = async () =>
    (await source.query<object[]>('select from verification_mark where attempts = 0')).length;
  await expect.poll(freed, { timeout: 10_000 }).toBe(3);
  expect(verification.begun).toEqual([marks[0]]);
  expect((await claim()).slice(0, 2)).toEqual(marks.slice(1));
  await worker.onModuleDestroy();
});
