import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { locateBinaries } from '#platform/postgres/binaries.js';
import { ensureCluster, SUPERUSER } from '#platform/postgres/cluster.js';
import { PostgresLaunchError } from '#platform/postgres/errors.js';
import { type Home, openHome } from '#platform/postgres/home.js';
import { type Ownership, takeOwnership } from '#platform/postgres/ownership.js';
import { runningPostmaster } from '#platform/postgres/postmaster-pid.js';
import { chooseRunner, type RunAs } from '#platform/postgres/run-as.js';
import { endServer, type Server, signal, startServer, stopServer } from '#platform/postgres/server.js';
import { DEFAULT_SETTINGS, type Settings } from '#platform/postgres/settings.js';

export interface LaunchOptions {
  /** A folder of the launcher's own. Made when missing. */
  readonly dataDir: string;
  readonly log?: (message: string) => void;
  /** Server settings that differ from the defaults. */
  readonly settings?: Settings;
  /** Ways of running the server to try, in this order, instead of those that fit the present user. */
  readonly runAs?: RunAs[];
}

export interface EmbeddedPostgres {
  /** Superuser access to the database `custody`. Contains the password. */
  readonly url: string;
  readonly pid: number;
  readonly runAs: RunAs;
  /** Settles when the server has ended, wanted or not: without `stop()` before, the service has lost its database. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

const DATABASE = 'custody';
/** What a server says that somebody else stops. */
const ADMIN_SHUTDOWN = '57P01';

/**
 * Starts the real PostgreSQL server that npm brought along, on loopback and a free port, and returns when it accepts
 * connections. A data folder has one live owner; what a killed owner left running is stopped cleanly first.
 */
export async function launchPostgres(options: LaunchOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => {});
  const binaries = await locateBinaries();
  const home = await openHome(options.dataDir);
  const runner = await chooseRunner(binaries, home, options.runAs);
  await ensureCluster(home, binaries, runner);
  await stopOrphan(home, log);

  const server = await startServer(home, runner, { ...DEFAULT_SETTINGS, ...options.settings }).catch(
    async (error: unknown) => {
      // Two starts at once: PostgreSQL's own lock let the other one in.
      if ((await runningPostmaster(home.cluster)) !== undefined) throw inUse(home);
      throw error;
    },
  );
  const ownership = await takeOwnership(server.port, home.password).catch((error: unknown) => {
    // Another start at the same time found this server without an owner yet, and is stopping it.
    throw inUse(home, error);
  });
  if (ownership === undefined) throw inUse(home);
  const stop = stopper(server, ownership);
  await ensureDatabase(server, home).catch(async (error: unknown) => {
    if ((error as { code?: string }).code === ADMIN_SHUTDOWN) {
      // As above. What serves the folder now is that start's, and not ours to stop.
      await ownership.release();
      throw inUse(home, error);
    }
    await stop();
    throw error;
  });
  log(`embedded PostgreSQL ${binaries.version} runs as ${runner.as}, pid ${server.pid}, port ${server.port}`);
  return {
    url: urlOf(server.port, home, DATABASE),
    pid: server.pid,
    runAs: runner.as,
    exited: server.exited,
    stop,
  };
}

/** Superuser access to the server that runs on this data folder already, whoever started it; undefined when none does. */
export async function runningDatabase(dataDir: string): Promise<string | undefined> {
  const home = await openHome(dataDir);
  const postmaster = await runningPostmaster(home.cluster);
  return postmaster?.ready ? urlOf(postmaster.port, home, DATABASE) : undefined;
}

const ORPHAN_PATIENCE = 10_000;

/** A killed process leaves its server running. It is stopped rather than adopted: one kind of start, always with our settings. */
async function stopOrphan(home: Home, log: (message: string) => void): Promise<void> {
  const deadline = Date.now() + ORPHAN_PATIENCE;
  let orphan = await runningPostmaster(home.cluster);
  while (orphan !== undefined) {
    try {
      const ownership = await takeOwnership(orphan.port, home.password);
      if (ownership === undefined) throw inUse(home);
      log(`stopping the PostgreSQL server ${orphan.pid} that an earlier process left behind`);
      await ownership.release();
      return await stopServer(home, orphan.pid);
    } catch (error) {
      // It may still be starting, recovering or stopping.
      if (error instanceof PostgresLaunchError || Date.now() > deadline) throw inUse(home, error);
      await sleep(100);
      orphan = await runningPostmaster(home.cluster);
    }
  }
}

async function ensureDatabase({ port }: Server, home: Home): Promise<void> {
  const client = new Client({ connectionString: urlOf(port, home, 'postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

function stopper(server: Server, ownership: Ownership): () => Promise<void> {
  // Also for a process that ends without stop(), by an uncaught error for example.
  const onExit = (): void => signal(server.pid, 'SIGINT');
  process.once('exit', onExit);
  void server.exited.then(() => {
    process.removeListener('exit', onExit);
    return ownership.release();
  });
  return async () => {
    await ownership.release();
    await endServer(server);
  };
}

function inUse({ dir }: Home, cause?: unknown): PostgresLaunchError {
  return new PostgresLaunchError(
    'POSTGRES_DATA_DIR_IN_USE',
    `${dir} is the data folder of another running process, or of a server that does not answer.`,
    { cause },
  );
}

function urlOf(port: number, { password }: Home, database: string): string {
  return `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`;
}
