import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { beforeEach, describe, expect, it } from 'vitest';
import { launchPostgres } from '#platform/postgres/launch.js';
import {
  kill9,
  launch,
  newDataDir,
  ownerProcess,
  query,
  startedBy,
} from '../../../test/support/postgres-launch.js';

let dataDir: string;

beforeEach(async () => {
  dataDir = await newDataDir();
});

describe('launchPostgres after a crash', () => {
  it('takes over from a killed process whose server still runs', async () => {
    const owner = ownerProcess(dataDir);
    const { url } = await startedBy(owner);
    await query(url, 'create table kept as select 42 as answer');
    await kill9(owner);

    const next = await launch({ dataDir });
    expect(await query(next.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await expect(query(url, 'select 1')).rejects.toThrow();
  });

  it('refuses while the process that owns the server is alive', async () => {
    await startedBy(ownerProcess(dataDir));
    await expect(launchPostgres({ dataDir })).rejects.toMatchObject({ code: 'POSTGRES_DATA_DIR_IN_USE' });
  });

  it('recovers what a killed server had committed', async () => {
    const first = await launch({ dataDir });
    await query(first.url, 'create table kept as select 42 as answer');
    process.kill(first.pid, 'SIGKILL');
    await first.exited;

    const second = await launch({ dataDir });
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('keeps the folder when a crashed backend made the server drop all connections', async () => {
    const { url } = await launch({ dataDir });
    const client = new Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query('select pg_backend_pid() as pid');
    process.kill(rows[0].pid, 'SIGKILL');
    await expect
      .poll(() => query(url, 'select 1 as alive').catch(() => []), { timeout: 10_000 })
      .toHaveLength(1);
    await sleep(500);

    await expect(launchPostgres({ dataDir })).rejects.toMatchObject({ code: 'POSTGRES_DATA_DIR_IN_USE' });
  });

  it('starts over when the very first start was killed half-way', async () => {
    const owner = ownerProcess(dataDir);
    await expect
      .poll(() => readdir(dataDir), { interval: 5, timeout: 20_000 })
      .toContainEqual(expect.stringMatching(/^initializing-/));
    await kill9(owner);

    const { url } = await launch({ dataDir });
    expect(await query(url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
    expect((await readdir(dataDir)).filter((name) => name.startsWith('initializing-'))).toEqual([]);
  });

  it('is not misled by another process that has the number of a dead server', async () => {
    const first = await launchPostgres({ dataDir });
    const pidFile = join(dataDir, 'cluster', 'postmaster.pid');
    const lines = await readFile(pidFile, 'utf8');
    await first.stop();
    await writeFile(pidFile, lines.replace(String(first.pid), String(process.pid)));

    const second = await launch({ dataDir });
    expect(await query(second.url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  });
});
