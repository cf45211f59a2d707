import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Home } from '#platform/postgres/home.js';

/** The exit code of a server that found the folder locked. */
export const EXIT_LOCKED = 75;

const FLOCK = ['flock', '--nonblock', '--no-fork', '--conflict-exit-code', String(EXIT_LOCKED)];

/**
 * PostgreSQL recognises another server on its files by process number and shared memory. Two containers with one volume
 * see neither of each other's and would destroy the files together. A kernel lock on a file is seen by both; the server
 * and all its processes hold it by inheritance, so that it ends with the last of them.
 *
 * Returns the command that locks and becomes the server; nothing where there is no such flock(1), as on macOS or
 * Alpine, which leaves PostgreSQL's own protection.
 */
export async function lockingCommand(home: Home): Promise<string[]> {
  const exists = (await exitCode([...FLOCK, '--shared', '/dev/null', 'true'])) === 0;
  return exists ? [...FLOCK, lockFile(home)] : [];
}

export async function isLocked(home: Home): Promise<boolean> {
  return (await exitCode([...FLOCK, lockFile(home), 'true'])) === EXIT_LOCKED;
}

function lockFile({ dir }: Home): string {
  return join(dir, 'lock');
}

function exitCode([command = '', ...args]: string[]): Promise<number | string | null | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, (error) => resolve(error === null ? 0 : error.code));
  });
}
