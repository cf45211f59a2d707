import { createPostgresBackend, type Job, Queue, Worker, withBackend } from 'bullmq';
import { Redis } from 'ioredis';
import { type Config, ConfigError } from '#platform/config.js';
import { type MarkedSubject, type VerifySubjects, verifySubjects } from './jobs.js';

const NAME = 'verify';
const JOB = 'verify-subjects';

export interface RunningWorker {
  /** Stops taking jobs and waits for those under way. */
  close(): Promise<void>;
}

/**
 * Carries batches of marked subjects from the relay to the workers, over Redis when configured, else over PostgreSQL.
 * It only carries: a lost job is handed out again from the outbox when its claim runs out, so jobs are kept nowhere.
 */
export abstract class VerificationQueue {
  /** Jobs of a lower rank come first, of one rank the older. `rank`: 0 to 2,097,151; absent: 0. */
  abstract publish(subjects: readonly MarkedSubject[], rank?: number): Promise<void>;
  abstract work(
    concurrency: number,
    handle: (job: VerifySubjects) => Promise<void>,
    onError: (error: Error) => void,
  ): RunningWorker;
  abstract check(): Promise<void>;
  abstract close(): Promise<void>;
}

/** The BullMQ queue of the configuration. Errors of its connections go to `onError`; it reconnects by itself. */
export function createVerificationQueue(config: Config, onError: (error: Error) => void): VerificationQueue {
  return config.redisUrl
    ? new RedisQueue(config.redisUrl.reveal(), onError)
    : new PostgresQueue(databaseUrl(config), config.databasePoolSize, onError);
}

/** For BullMQ, a job of priority 0 has none, and comes before all that have one. */
const jobOptions = (rank: number) => ({
  removeOnComplete: true,
  removeOnFail: true,
  attempts: 1,
  priority: rank,
});

const workerOptions = (concurrency: number) => ({
  concurrency,
  drainDelay: 5,
  lockDuration: 30_000,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
});

class RedisQueue extends VerificationQueue {
  private readonly producer: Redis;
  private readonly queue: Queue<VerifySubjects>;

  constructor(
    private readonly url: string,
    onError: (error: Error) => void,
  ) {
    super();
    this.producer = new Redis(url, { maxRetriesPerRequest: 1, enableOfflineQueue: false });
    this.producer.on('error', onError);
    this.queue = new Queue<VerifySubjects>(NAME, { connection: this.producer });
    this.queue.on('error', onError);
  }

  async publish(subjects: readonly MarkedSubject[], rank = 0): Promise<void> {
    // BullMQ would wait for the connection however long that takes, and the marks be held meanwhile.
    if (this.producer.status !== 'ready') {
      throw new Error('Redis does not answer');
    }
    await this.queue.add(JOB, { subjects: [...subjects] }, jobOptions(rank));
  }

  work(
    concurrency: number,
    handle: (job: VerifySubjects) => Promise<void>,
    onError: (error: Error) => void,
  ): RunningWorker {
    const connection = new Redis(this.url, { maxRetriesPerRequest: null });
    const underWay = new Set<Promise<void>>();
    const process = async (job: Job<VerifySubjects>): Promise<void> => {
      const handled = handle(verifySubjects.parse(job.data));
      underWay.add(handled);
      await handled.finally(() => underWay.delete(handled));
    };
    const worker = new Worker<VerifySubjects>(NAME, process, { connection, ...workerOptions(concurrency) });
    worker.on('error', onError);
    worker.on('failed', (_job, error) => onError(error));
    return {
      close: async () => {
        // BullMQ takes its leave from Redis, and would wait for one that is away until it comes back.
        const isAway = connection.status !== 'ready';
        await worker.close(isAway);
        await Promise.allSettled(underWay);
        connection.disconnect();
      },
    };
  }

  async check(): Promise<void> {
    await this.producer.ping();
  }

  async close(): Promise<void> {
    if (this.producer.status !== 'ready') {
      this.producer.disconnect();
    }
    await this.queue.close();
    this.producer.disconnect();
  }
}

const postgres = withBackend(createPostgresBackend);

class PostgresQueue extends VerificationQueue {
  private readonly connection;
  private readonly queue;

  constructor(url: string, poolSize: number, onError: (error: Error) => void) {
    super();
    this.connection = { connectionString: url, max: Math.max(2, Math.floor(poolSize / 2)), schema: 'bullmq' };
    this.queue = new postgres.Queue<VerifySubjects>(NAME, { connection: this.connection });
    this.queue.on('error', onError);
  }

  async publish(subjects: readonly MarkedSubject[], rank = 0): Promise<void> {
    await this.queue.add(JOB, { subjects: [...subjects] }, jobOptions(rank));
  }

  work(
    concurrency: number,
    handle: (job: VerifySubjects) => Promise<void>,
    onError: (error: Error) => void,
  ): RunningWorker {
    const worker = new postgres.Worker<VerifySubjects>(
      NAME,
      (job) => handle(verifySubjects.parse(job.data)),
      {
        connection: this.connection,
        ...workerOptions(concurrency),
      },
    );
    worker.on('error', onError);
    worker.on('failed', (_job, error) => onError(error));
    return { close: () => worker.close() };
  }

  async check(): Promise<void> {
    await this.queue.getJobCounts('wait');
  }

  async close(): Promise<void> {
    await this.queue.close();
  }
}

function databaseUrl(config: Config): string {
  if (!config.databaseUrl) {
    throw new ConfigError(
      'DATABASE_URL: needed by this process; only the all-in-one service brings a database',
    );
  }
  return config.databaseUrl.reveal();
}
