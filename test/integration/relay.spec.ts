import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createDataSource } from '#persistence/data-source.js';
import { Hints } from '#persistence/hints.js';
import { markSubjects } from '#persistence/subjects/marks.js';
import { inTransaction } from '#persistence/transaction.js';
import { loadConfig } from '#platform/config.js';
import { createLogger } from '#platform/logger.js';
import { createVerificationQueue, type VerificationQueue } from '#queue/verification-queue.js';
import { sha256 } from '#storage/content-address.js';
import { Relay } from '#verification/relay.js';
import { component } from '../support/components.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { startRedis } from '../support/redis.js';

const subject = sha256(Buffer.from('image'));

component('redis-server')('the relay and a Redis that loses things', () => {
  let database: TestDatabase;
  let source: DataSource;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let queue: VerificationQueue;
  let hints: Hints;
  let relay: Relay;

  beforeEach(async () => {
    database = await createDatabase();
    source = await createDataSource(database.url).initialize();
    redis = await startRedis();
    queue = createVerificationQueue(loadConfig({ REDIS_URL: redis.url }), () => {});
    hints = new Hints(database.url, () => {});
    relay = new Relay(source, queue, hints, createLogger({ logLevel: 'silent' }, 'relay'));
    relay.onApplicationBootstrap();
    await hints.start();
  });

  afterEach(async () => {
    await relay.onModuleDestroy();
    await hints.close();
    await queue.close();
    await redis.stop();
    await source.destroy();
    await database.drop();
  });

  const mark = () => inTransaction(source, (tx) => markSubjects(tx, 1, [subject]));
  const isClaimed = async () =>
    (await source.query<object[]>('select 1 from verification_mark where claimed_until > now()')).length ===
    1;
  const collect = () => {
    const seen: string[] = [];
    const worker = queue.work(
      1,
      async ({ subjects }) => void seen.push(...subjects.map((marked) => marked.subject)),
      () => {},
    );
    return { seen, worker };
  };

  it('hands a mark out again when Redis was flushed before a worker saw the job', async () => {
    await mark();
    await expect.poll(isClaimed, { timeout: 10_000 }).toBe(true);
    await redis.flush();
    const { seen, worker } = collect();
    await source.query(`update verification_mark set claimed_until = now() - interval '1 second'`);
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual([subject.toString('hex')]);
    await worker.close();
  });

  it('keeps marks while Redis is away, and hands them out when it is back', async () => {
    const { seen, worker } = collect();
    await expect
      .poll(() =>
        queue.check().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    await redis.kill9();
    await mark();
    await redis.restart();
    await expect.poll(() => seen, { timeout: 15_000 }).toContain(subject.toString('hex'));
    await worker.close();
  });
});
