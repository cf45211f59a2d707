import { isIP } from 'node:net';
import { z } from 'zod';
import { Secret } from './secret.js';

/** Everything that differs between installations, read once from the environment. The class is the type and the injection token. */
export abstract class Config {
  abstract readonly http: {
    readonly host: string;
    readonly port: number;
    /** Networks whose word about the peer's address (X-Forwarded-For) is taken. */
    readonly trustedProxies: readonly string[];
  };
  abstract readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** Where the embedded database and the local blobs live. */
  abstract readonly dataDir: string;
  /** Absent: the all-in-one service launches its embedded PostgreSQL. */
  abstract readonly databaseUrl: Secret | undefined;
  abstract readonly databasePoolSize: number;
  /** Absent: BullMQ runs on PostgreSQL. */
  abstract readonly redisUrl: Secret | undefined;
  abstract readonly blobs: FileBlobs | S3Blobs;
  abstract readonly limits: { readonly linkBytes: number };
  /** Requests a second that this process answers at most: to a token, and to an address without a valid one. */
  abstract readonly rates: { readonly token: number; readonly stranger: number };
  /** What a token may post in a day, over all processes. Absent: as much as it likes. */
  abstract readonly quota: { readonly links: number | undefined; readonly bytes: number | undefined };
  /** Absent: nobody may read the metrics. */
  abstract readonly metricsToken: Secret | undefined;
  /** Jobs (batches of subjects) that one worker process verifies at a time. */
  abstract readonly workerConcurrency: number;
  /** Heap of the thread that verifies evidence too large to be judged beside requests. */
  abstract readonly evidenceHeapBytes: number;
  /** How long a process that is to stop goes on answering, so that balancers notice first. */
  abstract readonly drainSeconds: number;
  abstract readonly replays: {
    /** Percent of flips up to which one operator may apply a replay alone. */
    readonly flipsAlone: number;
    /** Subjects a second that one worker process replays at most. Absent: as many as it can. */
    readonly rate: number | undefined;
  };
}

export interface FileBlobs {
  readonly kind: 'file';
  readonly directory: string;
}

export interface S3Blobs {
  readonly kind: 's3';
  readonly bucket: string;
  readonly region: string;
  /** Absent: AWS itself. */
  readonly endpoint: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: Secret | undefined;
}

const MIB = 1024 * 1024;

/** Counters and settings stay exact up to here. */
const MOST = Number.MAX_SAFE_INTEGER;

const networks = z
  .string()
  .transform((text) => text.split(',').map((network) => network.trim()))
  .refine((all) => all.every(isNetwork), 'write addresses or CIDR blocks, with commas between them');

const environment = z.object({
  CUSTODY_HOST: z.string().min(1).default('127.0.0.1'),
  CUSTODY_PORT: z.coerce.number().int().min(0).max(65_535).default(8470),
  CUSTODY_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  CUSTODY_DATA_DIR: z.string().min(1).default('./data'),
  CUSTODY_TRUSTED_PROXIES: networks.default([]),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  CUSTODY_DATABASE_POOL: z.coerce.number().int().min(2).max(500).default(10),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  CUSTODY_S3_BUCKET: z.string().min(3).max(63).optional(),
  CUSTODY_S3_REGION: z.string().min(1).default('us-east-1'),
  CUSTODY_S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  CUSTODY_S3_ACCESS_KEY_ID: z.string().min(1).optional(),
  CUSTODY_S3_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  CUSTODY_MAX_LINK_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .max(256 * MIB)
    .default(10 * MIB),
  CUSTODY_TOKEN_RATE: z.coerce.number().int().min(1).max(1_000_000).default(5_000),
  CUSTODY_STRANGER_RATE: z.coerce.number().int().min(1).max(1_000_000).default(100),
  CUSTODY_QUOTA_LINKS: z.coerce.number().int().min(1).max(MOST).optional(),
  CUSTODY_QUOTA_BYTES: z.coerce.number().int().min(1).max(MOST).optional(),
  CUSTODY_METRICS_TOKEN: z.string().min(16).optional(),
  CUSTODY_WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(4),
  CUSTODY_EVIDENCE_HEAP_MIB: z.coerce.number().int().min(128).max(65_536).default(512),
  CUSTODY_DRAIN_SECONDS: z.coerce.number().int().min(0).max(300).default(0),
  CUSTODY_REPLAY_FLIPS_ALONE: z.coerce.number().int().min(0).max(100).default(10),
  CUSTODY_REPLAY_RATE: z.coerce.number().int().min(1).max(100_000).optional(),
});

/** Every setting and its default, for documentation and its test. */
export const settings = Object.keys(environment.shape);

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the whole configuration or throws one ConfigError that names every bad key. An empty value counts as absent. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    settings.filter((key) => env[key] !== undefined && env[key] !== '').map((key) => [key, env[key]]),
  );
  const parsed = environment.safeParse(given);
  const problems = parsed.error?.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`) ?? [];
  problems.push(...unknownKeys(env), ...incompleteS3(given));
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(`The environment is not a valid configuration:\n${problems.join('\n')}`);
  }
  const e = parsed.data;
  return {
    http: { host: e.CUSTODY_HOST, port: e.CUSTODY_PORT, trustedProxies: e.CUSTODY_TRUSTED_PROXIES },
    logLevel: e.CUSTODY_LOG_LEVEL,
    dataDir: e.CUSTODY_DATA_DIR,
    databaseUrl: Secret.from(e.DATABASE_URL),
    databasePoolSize: e.CUSTODY_DATABASE_POOL,
    redisUrl: Secret.from(e.REDIS_URL),
    blobs: e.CUSTODY_S3_BUCKET
      ? {
          kind: 's3',
          bucket: e.CUSTODY_S3_BUCKET,
          region: e.CUSTODY_S3_REGION,
          endpoint: e.CUSTODY_S3_ENDPOINT,
          accessKeyId: e.CUSTODY_S3_ACCESS_KEY_ID,
          secretAccessKey: Secret.from(e.CUSTODY_S3_SECRET_ACCESS_KEY),
        }
      : { kind: 'file', directory: `${e.CUSTODY_DATA_DIR}/blobs` },
    limits: { linkBytes: e.CUSTODY_MAX_LINK_BYTES },
    rates: { token: e.CUSTODY_TOKEN_RATE, stranger: e.CUSTODY_STRANGER_RATE },
    quota: { links: e.CUSTODY_QUOTA_LINKS, bytes: e.CUSTODY_QUOTA_BYTES },
    metricsToken: Secret.from(e.CUSTODY_METRICS_TOKEN),
    workerConcurrency: e.CUSTODY_WORKER_CONCURRENCY,
    evidenceHeapBytes: e.CUSTODY_EVIDENCE_HEAP_MIB * MIB,
    drainSeconds: e.CUSTODY_DRAIN_SECONDS,
    replays: { flipsAlone: e.CUSTODY_REPLAY_FLIPS_ALONE, rate: e.CUSTODY_REPLAY_RATE },
  };
}

function isNetwork(text: string): boolean {
  const [address = '', length, ...more] = text.split('/');
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  const fits = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits);
  return version !== 0 && fits && more.length === 0;
}

/** A misspelt CUSTODY_ setting would otherwise be ignored in silence. */
function unknownKeys(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env)
    .filter((key) => key.startsWith('CUSTODY_') && !settings.includes(key) && !foreign.has(key))
    .map((key) => `  ${key}: no such setting`);
}

/** Variables of the tests and of the command line that share the prefix. */
const foreign = new Set([
  'CUSTODY_REQUIRE_ALL',
  'CUSTODY_PYTHON',
  'CUSTODY_CACHE',
  'CUSTODY_URL',
  'CUSTODY_TOKEN',
  'CUSTODY_TOKEN_FILE',
  'CUSTODY_CHAIN',
  'CUSTODY_HOME',
]);

function incompleteS3(given: Readonly<Record<string, string | undefined>>): string[] {
  const problems: string[] = [];
  if (given.CUSTODY_S3_ENDPOINT && !given.CUSTODY_S3_BUCKET) {
    problems.push('  CUSTODY_S3_BUCKET: needed with CUSTODY_S3_ENDPOINT');
  }
  if (Boolean(given.CUSTODY_S3_ACCESS_KEY_ID) !== Boolean(given.CUSTODY_S3_SECRET_ACCESS_KEY)) {
    problems.push('  CUSTODY_S3_ACCESS_KEY_ID, CUSTODY_S3_SECRET_ACCESS_KEY: give both or neither');
  }
  return problems;
}
