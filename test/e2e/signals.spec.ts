import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** npm start, as a terminal or a service manager runs it: the leader of a process group of its own. */
describe('npm start', () => {
  let dataDir: string;
  let npm: ChildProcess | undefined;
  let output: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'custody-test-signals-'));
  });

  afterEach(async () => {
    if (npm?.pid && npm.exitCode === null && npm.signalCode === null) process.kill(-npm.pid, 'SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });

  const start = async (until: RegExp): Promise<ChildProcess> => {
    output = '';
    const child = spawn('npm', ['start'], {
      detached: true,
      env: { ...process.env, CUSTODY_PORT: '0', CUSTODY_DATA_DIR: dataDir },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    npm = child;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    await expect.poll(() => output, { timeout: 60_000 }).toMatch(until);
    return child;
  };

  const READY = /custody is ready/;
  const servicePid = () => Number(/"pid":(\d+)/.exec(output)?.[1]);
  const lives = (pid: number): boolean => existsSync(`/proc/${pid}`);

  it.each([
    ['npm itself', (child: ChildProcess) => child.kill('SIGTERM')],
    ['its whole group', ({ pid = 0 }: ChildProcess) => process.kill(-pid, 'SIGTERM')],
    ['its whole group, by Ctrl-C', ({ pid = 0 }: ChildProcess) => process.kill(-pid, 'SIGINT')],
    ['the service', () => process.kill(servicePid(), 'SIGTERM')],
  ])(
    'ends with everything it started when TERM goes to %s, and starts again',
    async (_, signal) => {
      for (let round = 0; round < 2; round += 1) {
        const child = await start(READY);
        const ended = once(child, 'close');
        const pid = servicePid();
        signal(child);
        await ended;
        await expect.poll(() => lives(pid)).toBe(false);
        expect(output).toMatch(/"msg":"stopped"/);
      }
      expect(existsSync(join(dataDir, 'postgres/cluster/postmaster.pid'))).toBe(false);
    },
    120_000,
  );

  it('ends when TERM comes while its database is being made, and starts again', async () => {
    const child = await start(/custody@/);
    await sleep(1_500);
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
    const again = await start(READY);
    const stopped = once(again, 'close');
    again.kill('SIGTERM');
    await stopped;
  }, 120_000);
});
