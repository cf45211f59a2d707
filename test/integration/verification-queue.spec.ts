import { DataSource } from 'typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Config, loadConfig } from '#platform/config.js';
import { subject, verificationQueueContract } from '#queue/verification-queue.contract.js';
import {
  createVerificationQueue,
  type RunningWorker,
  type VerificationQueue,
} from '#queue/verification-queue.js';
import { component } from '../support/components.js';
import { createDatabase } from '../support/postgres.js';
import { startRedis, useRedis } from '../support/redis.js';

const open = (config: Config) => createVerificationQueue(config, () => {});

verificationQueueContract('PostgreSQL', async () => {
  const database = await createDatabase();
  const config = loadConfig({ DATABASE_URL: database.url });
  const [queue, other] = [open(config), open(config)];
  return {
    queue,
    other,
    flush: async () => {
      const source = await new DataSource({ type: 'postgres', url: database.url }).initialize();
      const tables = await source.query<{ name: string }[]>(
        `select format('%I.%I', schemaname, tablename) as name from pg_tables
          where schemaname = 'bullmq' and tablename like '%job%'`,
      );
      await source.query(`truncate ${tables.map(({ name }) => name).join(', ')} cascade`);
      await source.destroy();
    },
    close: async () => {
      await Promise.all([queue.close(), other.close()]);
      await database.drop();
    },
  };
});

component('redis')('a real Redis', () => {
  verificationQueueContract('Redis', async () => {
    const redis = await useRedis();
    const config = loadConfig({ REDIS_URL: redis.url });
    const [queue, other] = [open(config), open(config)];
    return {
      queue,
      other,
      flush: redis.flush,
      close: async () => {
        await Promise.all([queue.close(), other.close()]);
        await redis.stop();
      },
    };
  });
});

component('redis-server')('a Redis that goes away', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let queue: VerificationQueue;
  let worker: RunningWorker;
  const seen: string[] = [];

  beforeEach(async () => {
    redis = await startRedis();
    await redis.kill9();
    seen.length = 0;
    queue = open(loadConfig({ REDIS_URL: redis.url }));
    worker = queue.work(
      1,
      async ({ subjects }) => void seen.push(...subjects.map((marked) => marked.subject)),
      () => {},
    );
  });

  afterEach(async () => {
    await worker.close();
    await queue.close();
    await redis.stop();
  });

  const isReached = () =>
    queue.check().then(
      () => true,
      () => false,
    );

  it('is waited for when it starts last', async () => {
    await redis.restart();
    await expect.poll(isReached, { timeout: 10_000 }).toBe(true);
    await queue.publish([subject(1)]);
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual([subject(1).subject]);
  });

  it('makes publishing fail at once, so that the marks are given back', async () => {
    await expect(queue.publish([subject(1)])).rejects.toThrow();
    expect(await isReached()).toBe(false);
  });

  it('is used again when it comes back', async () => {
    await redis.restart();
    await expect.poll(isReached, { timeout: 10_000 }).toBe(true);
    await redis.kill9();
    await expect(queue.publish([subject(2)])).rejects.toThrow();
    await redis.restart();
    await expect.poll(isReached, { timeout: 10_000 }).toBe(true);
    await queue.publish([subject(3)]);
    await expect.poll(() => seen, { timeout: 10_000 }).toContain(subject(3).subject);
  });
});
