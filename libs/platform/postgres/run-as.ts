import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { lchown, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Binaries } from '#platform/postgres/binaries.js';
import { PostgresLaunchError } from '#platform/postgres/errors.js';
import type { Home } from '#platform/postgres/home.js';
import { assertReachable, chownTree, reachableBinaries } from '#platform/postgres/reach.js';

/**
 * PostgreSQL runs neither as root nor, at its first start, as a user that the system does not list.
 * - `self`: an ordinary, listed user starts it as it is.
 * - `namespace`: inside a user namespace the present user looks like uid 1000; outside, the files stay its own.
 * - `nobody`: uid 65534, for a root that may not make namespaces (the usual container).
 */
export type RunAs = 'self' | 'namespace' | 'nobody';

const NOBODY = 65534;

/** Starts the server's programs as a user that they accept, on files that this user owns. */
export interface Runner {
  readonly as: RunAs;
  /** `before` are commands that end in running the program in their place, such as `nice`. */
  spawn(
    program: 'initdb' | 'postgres',
    args: readonly string[],
    options: SpawnOptions,
    before?: readonly string[],
  ): ChildProcess;
  /** Gives a file or folder of the launcher, with all that is in it, to the user that the programs run as. */
  own(path: string): Promise<void>;
}

/** The first way in which the server's binary really runs here. */
export async function chooseRunner(binaries: Binaries, home: Home, ways = possibleWays()): Promise<Runner> {
  const refusals: string[] = [];
  for (const way of ways) {
    const runner = toRunner(way, await WAYS[way](binaries, home));
    const refusal = await refusalOf(runner);
    if (refusal === undefined) return runner;
    refusals.push(`${way}: ${refusal}`);
  }
  throw new PostgresLaunchError(
    'POSTGRES_NO_UNPRIVILEGED_USER',
    `No way to run the embedded PostgreSQL (${refusals.join('; ')}).`,
  );
}

function possibleWays(): RunAs[] {
  return process.getuid?.() === 0 ? ['namespace', 'nobody'] : ['self', 'namespace'];
}

/** What distinguishes the ways: where the binaries are, what goes before them, and who they and the files belong to. */
interface Way {
  readonly native: string;
  readonly before: readonly string[];
  readonly identity: { readonly uid?: number; readonly gid?: number };
  readonly owner?: number;
}

const WAYS: Record<RunAs, (binaries: Binaries, home: Home) => Promise<Way>> = {
  self: async ({ native }) => ({ native, before: [], identity: {} }),

  namespace: async ({ native }, home) => {
    const owner = process.getuid?.() ?? 0;
    await lchown(home.dir, owner, process.getgid?.() ?? 0);
    const apparent = await listedUid();
    const before = ['unshare', '--user', `--map-user=${apparent}`, `--map-group=${apparent}`, '--'];
    return { native, before, identity: {}, owner };
  },

  nobody: async (binaries, home) => {
    await assertReachable(home, NOBODY);
    await lchown(home.dir, NOBODY, NOBODY);
    const native = await reachableBinaries(binaries, home, NOBODY);
    return { native, before: [], identity: { uid: NOBODY, gid: NOBODY }, owner: NOBODY };
  },
};

function toRunner(as: RunAs, { native, before: wrapper, identity, owner }: Way): Runner {
  return {
    as,
    spawn: (program, args, options, before = []) => {
      const [command = '', ...rest] = [...before, ...wrapper, join(native, 'bin', program), ...args];
      return spawn(command, rest, { ...options, ...identity, env: environment() });
    },
    own: async (path) => {
      if (owner !== undefined) await chownTree(path, owner);
    },
  };
}

/** Who to look like: initdb wants a user with an entry in the system's list, which small images keep short. */
async function listedUid(): Promise<number> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const uids = passwd.split('\n').map((line) => Number(line.split(':')[2]));
  return uids.includes(1000) ? 1000 : (uids.find((uid) => uid > 0) ?? 1000);
}

/** Nothing of our environment is the server's business; a known TZ spares initdb a search through all time zones. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' };
}

/** Why `postgres --version` or initdb would not run this way; undefined when they do. */
function refusalOf(runner: Runner): Promise<string | undefined> {
  if (runner.as === 'self' && !isListed()) return Promise.resolve('the present user is not in the user list');
  return new Promise((resolve) => {
    const child = runner.spawn('postgres', ['--version'], { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => {
      resolve(code === 0 ? undefined : complaint.trim() || `exit code ${code}`);
    });
  });
}

function isListed(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}
