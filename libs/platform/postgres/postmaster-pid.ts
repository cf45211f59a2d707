import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What the server writes about itself into `postmaster.pid`. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

/** The server that runs on this cluster right now, whoever started it; undefined when the file is absent or a leftover. */
export async function runningPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const postmaster = await readPostmasterPid(cluster);
  return postmaster && (await servesCluster(postmaster.pid, cluster)) ? postmaster : undefined;
}

/**
 * True for a file of a server that is gone while another process has its number by now, as happens when a container
 * restarts. PostgreSQL cannot tell that process from a server and would refuse to start.
 */
export async function isMisleading(cluster: string): Promise<boolean> {
  const postmaster = await readPostmasterPid(cluster);
  if (postmaster === undefined || !isAlive(postmaster.pid)) return false;
  return !(await servesCluster(postmaster.pid, cluster));
}

export function postmasterPidFile(cluster: string): string {
  return join(cluster, 'postmaster.pid');
}

async function readPostmasterPid(cluster: string): Promise<Postmaster | undefined> {
  const text = await readFile(postmasterPidFile(cluster), 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3]), ready: lines[7] === 'ready' };
}

/** A process number alone proves nothing: it may have been given to another process since. A server works inside its cluster. */
async function servesCluster(pid: number, cluster: string): Promise<boolean> {
  if (process.platform === 'linux') {
    return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === cluster;
  }
  const ps = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));
  return ps.stdout.includes(`-D ${cluster}`);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
