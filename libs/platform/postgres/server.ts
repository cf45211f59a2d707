import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresLaunchError } from '#platform/postgres/errors.js';
import { EXIT_LOCKED, isLocked, lockingCommand } from '#platform/postgres/folder-lock.js';
import type { Home } from '#platform/postgres/home.js';
import { isMisleading, postmasterPidFile, runningPostmaster } from '#platform/postgres/postmaster-pid.js';
import type { Runner } from '#platform/postgres/run-as.js';
import { openServerLog, type ServerLog } from '#platform/postgres/server-log.js';
import { listenOn, type Settings, toArguments } from '#platform/postgres/settings.js';
import { settlesWithin } from '#platform/postgres/settles-within.js';

/** A server process of ours that accepts connections. */
export interface Server {
  readonly pid: number;
  readonly port: number;
  /** Settles when the process has ended, wanted or not. */
  readonly exited: Promise<void>;
}

const ATTEMPTS = 20;

/** Crash recovery after a kill may take its time; an empty or cleanly stopped cluster is ready in a fraction of a second. */
const READY_TIMEOUT = 60_000;

/** Hindrances that pass: a port just taken, processes of a killed server that have not noticed yet. */
const PASSING = /could not bind|shared memory block .* still in use|folder is locked/;

export async function startServer(home: Home, runner: Runner, settings: Settings): Promise<Server> {
  if ((await isMisleading(home.cluster)) && !(await isLocked(home))) {
    await rm(postmasterPidFile(home.cluster), { force: true });
  }
  for (let attempt = 1; ; attempt++) {
    const log = await openServerLog(home);
    try {
      return await startOnce(home, runner, settings, log);
    } catch (error) {
      const passes = PASSING.test(String(error)) && (await runningPostmaster(home.cluster)) === undefined;
      if (!passes || attempt === ATTEMPTS) throw error;
      await sleep(250);
    } finally {
      await log.close();
    }
  }
}

async function startOnce(home: Home, runner: Runner, settings: Settings, log: ServerLog): Promise<Server> {
  const port = await freePort();
  const child = runner.spawn(
    'postgres',
    ['-D', home.cluster, ...toArguments({ ...settings, ...listenOn(port) })],
    // In a session of its own: Ctrl-C is for the service, which still needs its database while it shuts down.
    { stdio: ['ignore', log.fd, log.fd], detached: true },
    await lockingCommand(home),
  );
  let running = true;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  void exited.then(() => {
    running = false;
  });
  const deadline = Date.now() + READY_TIMEOUT;
  while (running && Date.now() < deadline) {
    const postmaster = await runningPostmaster(home.cluster);
    if (postmaster?.ready && postmaster.pid === child.pid) return { pid: postmaster.pid, port, exited };
    await sleep(10);
  }
  child.kill('SIGQUIT');
  if (child.exitCode === EXIT_LOCKED) throw locked(home);
  throw new PostgresLaunchError(
    'POSTGRES_START_FAILED',
    `The embedded PostgreSQL did not start:\n${await log.tail()}`,
  );
}

/**
 * Asks a server to end, wherever it was started: fast, then at once, then without its consent. Leaves alone a later one on
 * the same cluster.
 */
export async function stopServer({ cluster }: Home, pid: number): Promise<void> {
  const isRunning = async (): Promise<boolean> => (await runningPostmaster(cluster))?.pid === pid;
  for (const [name, patience] of WAYS_TO_END) {
    if (!(await isRunning())) return;
    signal(pid, name);
    const deadline = Date.now() + patience;
    while (Date.now() < deadline && (await isRunning())) await sleep(10);
  }
}

/**
 * The same for a server of ours. Its end is that of its process: the file that it leaves about itself may be gone before, or
 * be unreadable for a moment, and then nobody would have asked it to end.
 */
export async function endServer({ pid, exited }: Server): Promise<void> {
  for (const [name, patience] of WAYS_TO_END) {
    // Its number may be that of another process by now.
    if (await settlesWithin(exited, 0)) return;
    signal(pid, name);
    await settlesWithin(exited, patience);
  }
}

const WAYS_TO_END = [
  ['SIGINT', 20_000],
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
] as const;

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in this moment, which is what the signal is for.
  }
}

function locked({ dir }: Home): PostgresLaunchError {
  return new PostgresLaunchError(
    'POSTGRES_DATA_DIR_IN_USE',
    `The data folder is locked: another server, perhaps in another container, works in ${dir}.`,
  );
}

/** Free at this moment; whoever takes it in between makes the start fail and be tried again. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port.');
  return address.port;
}
