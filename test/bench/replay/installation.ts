import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { TokenService } from '#access/token-service.js';
import { migrate } from '#persistence/migrate.js';
import { createHttpApp } from '#platform/bootstrap.js';
import { loadConfig } from '#platform/config.js';
import { createLogger } from '#platform/logger.js';
import { launchPostgres } from '#platform/postgres/launch.js';
import { migrateQueue } from '#queue/migrate-queue.js';
import { IngestApiModule } from '../../../apps/ingest-api/ingest-api.module.js';
import { Client } from '../../support/client.js';
import { freePort } from '../../support/server-process.js';

/** The ingest API in this process, a worker in another, on an embedded database with fsync on and local files. */
export interface Installation {
  readonly api: NestFastifyApplication;
  readonly source: DataSource;
  readonly operator: Client;
}

export async function withInstallation<T>(
  scratch: string,
  work: (installation: Installation) => Promise<T>,
): Promise<T> {
  const postgres = await launchPostgres({ dataDir: join(scratch, 'postgres') });
  const environment = {
    DATABASE_URL: postgres.url,
    CUSTODY_DATA_DIR: join(scratch, 'data'),
    CUSTODY_LOG_LEVEL: 'warn',
  };
  await migrate(postgres.url);
  await migrateQueue(postgres.url);
  const config = loadConfig({ ...environment, CUSTODY_PORT: '0' });
  const logger = createLogger(config, 'bench');
  const api = await createHttpApp(IngestApiModule.forRoot(config, logger), config, logger);
  const worker = await startWorker(environment);
  try {
    await api.listen(0, '127.0.0.1');
    const request = {
      name: 'bench',
      scopes: ['ingest', 'read', 'operate'] as const,
      chain: undefined,
      days: 1,
    };
    const { token } = await api
      .get(TokenService)
      .create({ ...request, scopes: [...request.scopes] }, new Date());
    const operator = new Client(await api.getUrl(), token);
    return await work({ api, source: api.get(DataSource), operator });
  } finally {
    const ended = once(worker, 'exit');
    worker.kill('SIGTERM');
    await ended;
    await api.close();
    await postgres.stop();
  }
}

async function startWorker(environment: Record<string, string>): Promise<ChildProcess> {
  const port = await freePort();
  const program = fileURLToPath(new URL('../../../apps/verify-worker/main.js', import.meta.url));
  const worker = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH, ...environment, CUSTODY_PORT: String(port) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  process.once('exit', () => worker.kill('SIGKILL'));
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok;
  while (!(await isReady())) {
    if (worker.exitCode !== null) throw new Error('the worker did not start');
    await sleep(50);
  }
  return worker;
}
