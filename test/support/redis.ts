import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort, type ServerProcess, startServerProcess } from './server-process.js';

export interface TestRedis {
  readonly url: string;
  /** Empties it, as an operator's mistake or a lost disk would. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

interface Losable {
  /** Starts it again as `restart` does, with nothing on its disk. */
  restartEmpty(): Promise<void>;
}

/** A Redis for tests that only use it: REDIS_TEST_URL, else a server of its own. For suites of `component('redis')`. */
export async function useRedis(): Promise<TestRedis> {
  const url = process.env.REDIS_TEST_URL;
  if (!url) return startRedis();
  return { url, flush: () => flush(url), stop: async () => {} };
}

/** A server of this test's own, to be killed and paused at will. For suites of `component('redis-server')`. */
export async function startRedis(): Promise<TestRedis & ServerProcess & Losable> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'custody-test-redis-'));
  const url = `redis://127.0.0.1:${port}`;
  const server = await startServerProcess({
    command: 'redis-server',
    args: [...['--port', String(port), '--bind', '127.0.0.1', '--dir', dir], ...AS_IN_PRODUCTION],
    isReady: () => command(url, async (redis) => (await redis.ping()) === 'PONG'),
  });
  return {
    ...server,
    url,
    flush: () => flush(url),
    restartEmpty: async () => {
      await rm(dir, { recursive: true, force: true });
      await mkdir(dir);
      await server.restart();
    },
    stop: async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** An append-only file, and never an evicted key: BullMQ's state is no cache. */
const AS_IN_PRODUCTION = [
  ...['--appendonly', 'yes', '--appendfsync', 'everysec'],
  ...['--save', '', '--maxmemory-policy', 'noeviction'],
];

function flush(url: string): Promise<void> {
  return command(url, async (redis) => void (await redis.flushdb()));
}

async function command<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}
