import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { loadConfig } from '#platform/config.js';
import { createLogger } from '#platform/logger.js';
import { type AllInOne, startAllInOne } from '../../apps/all-in-one/start.js';
import { Client } from './client.js';
import { createDatabase } from './postgres.js';

/** What Prometheus shows, and every test service asks for. */
const METRICS_TOKEN = 'token-of-the-scraper-of-a-test';

/** The whole service in the test's process, on a database and a directory of its own. */
export interface Service {
  readonly url: string;
  /** Operator of every chain. */
  readonly operator: Client;
  /** Prometheus: may read the metrics and nothing else. */
  readonly scraper: Client;
  /** Every line that it logged so far, as text. */
  readonly log: readonly string[];
  readonly dataDir: string;
  /** A folder of this name beside the blobs, which goes with them. */
  scratch(name: string): string;
  readonly app: NestFastifyApplication;
  query<Row>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Keys of the stored blobs. */
  blobs(): Promise<string[]>;
  /** Stops it gracefully and starts it again on the same data, at another port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Settings as in the environment, over those of a quiet test. */
export async function startService(environment: Readonly<Record<string, string>> = {}): Promise<Service> {
  const database = await createDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'custody-test-service-'));
  const config = loadConfig({
    CUSTODY_PORT: '0',
    CUSTODY_DATA_DIR: dataDir,
    CUSTODY_LOG_LEVEL: 'trace',
    CUSTODY_METRICS_TOKEN: METRICS_TOKEN,
    DATABASE_URL: database.url,
    ...environment,
  });
  const log: string[] = [];
  const logger = createLogger(config, 'custody', { write: (line: string) => void log.push(line) });
  let running: AllInOne = await startAllInOne(config, logger);
  const token = running.firstToken;
  return {
    get url() {
      return running.url;
    },
    get operator() {
      return new Client(running.url, token);
    },
    get scraper() {
      return new Client(running.url, METRICS_TOKEN);
    },
    get app() {
      return running.app;
    },
    log,
    dataDir,
    scratch: (name) => join(dataDir, name),
    query: (sql, values) => running.app.get(DataSource).query(sql, values),
    blobs: () => filesUnder(join(dataDir, 'blobs')),
    restart: async () => {
      await running.app.close();
      running = await startAllInOne(config, logger);
    },
    stop: async () => {
      await running.app.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function filesUnder(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
