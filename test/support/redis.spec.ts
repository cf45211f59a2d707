import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { component } from './components.js';
import { startRedis } from './redis.js';

component('redis-server')('startRedis', () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  let redis: Redis;

  beforeEach(async () => {
    server = await startRedis();
    redis = new Redis(server.url, { commandTimeout: 1_000 });
    redis.on('error', () => {});
  });

  afterEach(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('keeps what was appended when it is killed and started again', async () => {
    await redis.set('kept', 'yes');
    await expect.poll(() => redis.info('persistence')).toContain('aof_pending_bio_fsync:0');
    await server.kill9();
    await server.restart();
    await expect.poll(() => redis.get('kept'), { timeout: 10_000 }).toBe('yes');
  });

  it('answers nothing while paused, and goes on afterwards', async () => {
    await redis.set('kept', 'yes');
    server.pause();
    await expect(redis.get('kept')).rejects.toThrow('timed out');
    server.resume();
    expect(await redis.get('kept')).toBe('yes');
  });

  it('is empty after a flush', async () => {
    await redis.set('lost', 'yes');
    await server.flush();
    expect(await redis.dbsize()).toBe(0);
  });
});
