import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { loadConfig } from '#platform/config.js';
import { createLogger } from '#platform/logger.js';
import { startAllInOne } from '../../apps/all-in-one/start.js';
import { type Cast, makeKeys, signLayout } from '../demo/pipeline.js';
import { type Program, startProgram } from '../support/program.js';

export const CHAIN = 'acme/web';
const DAY_MS = 86_400_000;

/** A service with one chain and its layout in force, as CI and deploy tools know it. */
export interface ReadyService {
  readonly url: string;
  readonly cast: Cast;
  /** `authorization` of a token for this chain alone, as CI and deploy tools have. */
  readonly authorization: string;
  /** `authorization` of an operator of every chain. */
  readonly operatorAuthorization: string;
  post(path: string, body: Buffer): Promise<Record<string, unknown>>;
  get(path: string): Promise<Record<string, unknown>>;
}

/** For the programs that a benchmark measures from outside. */
export const scraped = { CUSTODY_METRICS_TOKEN: 'token-of-the-scraper-of-a-benchmark' };

/** For a benchmark that asks more of a service, with one token, than a service lets one token ask. */
export const UNLIMITED = { CUSTODY_TOKEN_RATE: '1000000' };

/** Those of the settings that a built checkout has; an older release refuses the others. */
export async function asKnownTo(
  folder: string,
  given: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const config = pathToFileURL(resolve(folder, 'dist/libs/platform/config.js'));
  const { settings } = (await import(config.href)) as { settings: string[] };
  return Object.fromEntries(Object.entries(given).filter(([name]) => settings.includes(name)));
}

/** All metrics of a process, as text. */
export async function scrape(url: string): Promise<string> {
  const headers = { authorization: `Bearer ${scraped.CUSTODY_METRICS_TOKEN}` };
  return (await fetch(`${url}/metrics`, { headers, signal: AbortSignal.timeout(30_000) })).text();
}

/** The value of a metric without labels, as the process tells it. */
export async function metricOf(url: string, name: string): Promise<number> {
  return valueIn(await scrape(url), name);
}

export function valueIn(metrics: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(metrics)?.[1]);
}

/** An idle one in this process. */
export interface BenchService extends ReadyService {
  readonly app: NestFastifyApplication;
  readonly scratch: string;
  readonly databaseUrl: string;
}

// An exit, unlike the default end by Ctrl-C, also ends the embedded database.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

/** A directory of this benchmark's own, gone when it is over. */
export async function withScratch<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'custody-bench-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** The service in this process on an embedded database with fsync on and local files, as `npm start` runs it. */
export async function withService<T>(
  work: (service: BenchService) => Promise<T>,
  environment: Readonly<Record<string, string>> = {},
): Promise<T> {
  return withScratch(async (scratch) => {
    const config = loadConfig({
      ...UNLIMITED,
      ...environment,
      CUSTODY_DATA_DIR: join(scratch, 'data'),
      CUSTODY_PORT: '0',
      CUSTODY_LOG_LEVEL: 'warn',
    });
    const { app, url, firstToken, stopDatabase } = await startAllInOne(config, createLogger(config, 'bench'));
    try {
      const ready = await prepare(url, firstToken ?? '');
      const { url: databaseUrl } = app.get(DataSource).options as { url: string };
      return await work({ ...ready, app, scratch, databaseUrl });
    } finally {
      await app.close();
      await stopDatabase();
    }
  });
}

/** The service as a program of its own, as built below the folder, with these settings beside a data folder and a free port. */
export async function withProgram<T>(
  environment: Readonly<Record<string, string>>,
  work: (service: ReadyService & { readonly scratch: string }) => Promise<T>,
  folder = '.',
): Promise<T> {
  return withScratch(async (scratch) => {
    const settings = {
      CUSTODY_DATA_DIR: join(scratch, 'data'),
      CUSTODY_LOG_LEVEL: 'warn',
      ...(await asKnownTo(folder, scraped)),
      ...environment,
    };
    const program = await startProgram('all-in-one', settings, folder);
    try {
      return await work({ ...(await prepare(program.url, await firstTokenOf(program))), scratch });
    } finally {
      await program.end('SIGTERM');
    }
  });
}

/** It is shown after the service is ready. */
async function firstTokenOf({ output }: Program): Promise<string> {
  for (;;) {
    const [, token] = /token, shown this once: (\S+)\s/.exec(output()) ?? [];
    if (token) return token;
    await sleep(10);
  }
}

/** Creates the chain and puts its layout in force. */
export async function prepare(url: string, firstToken: string): Promise<ReadyService> {
  const operator = callsOf(url, `Bearer ${firstToken}`);
  const cast = makeKeys();
  await operator.post('/chains', json({ name: CHAIN, ownerKeys: [cast.owner.publicKey] }));
  await operator.post(`/layouts?chain=${CHAIN}`, signLayout(cast, new Date(Date.now() + 30 * DAY_MS)));
  const request = { name: 'bench', scopes: ['ingest', 'read'], chain: CHAIN };
  const { token } = await operator.post('/tokens', json(request));
  const authorization = `Bearer ${token}`;
  const operatorAuthorization = `Bearer ${firstToken}`;
  return { url, cast, authorization, operatorAuthorization, ...callsOf(url, authorization) };
}

function callsOf(url: string, authorization: string): Pick<BenchService, 'get' | 'post'> {
  const call = async (path: string, init: RequestInit): Promise<Record<string, unknown>> => {
    const response = await fetch(`${url}${path}`, {
      ...init,
      headers: { authorization, 'content-type': 'application/json' },
    });
    const body = (await response.json()) as Record<string, unknown>;
    if (!response.ok && response.status !== 404) {
      throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`);
    }
    return body;
  };
  return {
    get: (path) => call(path, {}),
    post: (path, body) => call(path, { method: 'POST', body: new Uint8Array(body) }),
  };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
