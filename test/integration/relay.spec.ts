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

  const mark = (marked = subject) => inTransaction(source, (tx) => markSubjects(tx, 1, [marked]));
  const claims = async () =>
    (await source.query<object[]>('select 1 from verification_mark where claimed_until > now()')).length;
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
    await expect.poll(claims, { timeout: 10_000 }).toBe(1);
    await redis.flush();
    const { seen, worker } = collect();
    await source.query(`update verification_mark set claimed_until = now() - interval '1 second'`);
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual([subject.toString('hex')]);
    await worker.close();
  });

  it('loses nothing for longer than a minute: neither what was flushed nor what was in a Redis that came back empty', async () => {
    const other = sha256(Buffer.from('another image'));
    await mark();
    await expect.poll(claims, { timeout: 10_000 }).toBe(1);
    await redis.flush();
    await mark(other);
    await expect.poll(claims, { timeout: 10_000 }).toBe(2);
    await redis.kill9();
    await redis.restartEmpty();
    const { seen, worker } = collect();
    const both = [subject, other].map((marked) => marked.toString('hex')).sort();
    await expect.poll(() => [...new Set(seen)].sort(), { timeout: 60_000 }).toEqual(both);
    await worker.close();
  }, 120_000);

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
