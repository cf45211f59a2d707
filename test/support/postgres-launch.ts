import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { onTestFinished } from 'vitest';
import { type EmbeddedPostgres, type LaunchOptions, launchPostgres } from '#platform/postgres/launch.js';
import { runningPostmaster } from '#platform/postgres/postmaster-pid.js';

/** A new data folder for this test; whatever still serves it afterwards is ended, and the folder removed. */
export async function newDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'custody-test-launch-'));
  onTestFinished(async () => {
    const server = await runningPostmaster(join(dataDir, 'cluster'));
    if (server) process.kill(server.pid, 'SIGKILL');
    await rm(dataDir, { recursive: true, force: true, maxRetries: 10 });
  });
  return dataDir;
}

/** Launches for this test only. */
export async function launch(options: LaunchOptions): Promise<EmbeddedPostgres> {
  const postgres = await launchPostgres(options);
  onTestFinished(() => postgres.stop());
  return postgres;
}

export async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Another process that launches a server on the folder, from the built sources, and holds it until it is killed. */
export function ownerProcess(dataDir: string, prefix: readonly string[] = []): ChildProcess {
  const script = `
    const { launchPostgres } = await import('#platform/postgres/launch.js');
    const { url, runAs } = await launchPostgres({ dataDir: ${JSON.stringify(dataDir)} });
    console.log(JSON.stringify({ url, runAs }));
    setInterval(() => {}, 1000);`;
  const [command = '', ...args] = [...prefix, process.execPath, '--input-type=module', '-e', script];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

export async function startedBy(owner: ChildProcess): Promise<{ url: string; runAs: string }> {
  const said = await Promise.race([once(owner.stdout ?? owner, 'data'), once(owner, 'exit')]);
  if (owner.exitCode !== null)
    throw new Error(`The owner process ended (${owner.exitCode}). Is dist/ built?`);
  return JSON.parse(String(said[0])) as { url: string; runAs: string };
}

export async function kill9(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}
