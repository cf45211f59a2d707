import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { inject } from 'vitest';
import { launchPostgres } from '#platform/postgres/launch.js';
import { runningPostmaster } from '#platform/postgres/postmaster-pid.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The run's server, with access to its database of migrations only. */
    postgres: { readonly url: string };
  }
}

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

const TEMPLATE = 'migrated';

/** A database of this test file alone, with all migrations applied. About as quick as copying its files. */
export function createDatabase(): Promise<TestDatabase> {
  return createFrom(TEMPLATE);
}

/** One that no migration has seen. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createFrom('template0');
}

async function createFrom(template: string): Promise<TestDatabase> {
  const { url } = inject('postgres');
  const name = `t_${randomBytes(8).toString('hex')}`;
  await execute(url, `create database ${name} template ${template} strategy file_copy`);
  return {
    url: withDatabase(url, name),
    drop: () => execute(url, `drop database if exists ${name} with (force)`),
  };
}

/** The run's server. `prepare` brings the template database, whose address it gets, to what every test starts with. */
export async function startTestPostgres(
  prepare: (url: string) => Promise<void>,
): Promise<{ url: string; stop(): Promise<void> }> {
  await removeAbandoned();
  const dataDir = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  // What a test wrote need not survive the machine.
  const durability = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const postgres = await launchPostgres({ dataDir, settings: { ...durability, max_connections: '300' } });
  const stop = async (): Promise<void> => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await execute(postgres.url, `create database ${TEMPLATE}`);
    await prepare(withDatabase(postgres.url, TEMPLATE));
    // A template with a connection cannot be copied; a prepare that leaves one open is found here, not in every test.
    await execute(postgres.url, `alter database ${TEMPLATE} with allow_connections false`);
    return { url: postgres.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const PREFIX = 'custody-test-postgres-';

/** A run that was killed could not stop its server nor remove its folder. */
async function removeAbandoned(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  for (const name of names) {
    if (isAlive(Number(name.slice(PREFIX.length).split('-')[0]))) continue;
    const dataDir = join(tmpdir(), name);
    const server = await runningPostmaster(join(dataDir, 'cluster'));
    if (server) process.kill(server.pid, 'SIGQUIT');
    await rm(dataDir, { recursive: true, force: true, maxRetries: 10 });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  const address = new URL(url);
  address.pathname = `/${name}`;
  return address.href;
}
