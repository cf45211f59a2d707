import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, type LaunchOptions, launchPostgres } from '#platform/postgres/launch.js';
import { runningPostmaster } from '#platform/postgres/postmaster-pid.js';

const isRoot = process.getuid?.() === 0;

let dataDir: string;
let cleanups: (() => unknown)[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'custody-launch-'));
  cleanups = [];
});

afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  const orphan = await runningPostmaster(join(dataDir, 'cluster'));
  if (orphan) process.kill(orphan.pid, 'SIGKILL');
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

async function launch(options: Partial<LaunchOptions> = {}): Promise<EmbeddedPostgres> {
  const postgres = await launchPostgres({ dataDir, ...options });
  cleanups.push(() => postgres.stop());
  return postgres;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Another process that launches a server on the same folder, from the built sources. */
function ownerProcess(prefix: string[] = []): ChildProcess {
  const script = `
    const { launchPostgres } = await import('#platform/postgres/launch.js');
    const { url, runAs } = await launchPostgres({ dataDir: ${JSON.stringify(dataDir)} });
    console.log(JSON.stringify({ url, runAs }));
    setInterval(() => {}, 1000);`;
  const [command = '', ...args] = [...prefix, process.execPath, '--input-type=module', '-e', script];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanups.push(() => child.kill('SIGKILL'));
  return child;
}

async function startedBy(owner: ChildProcess): Promise<{ url: string; runAs: string }> {
  const line = await Promise.race([
    once(owner.stdout ?? owner, 'data'),
    once(owner, 'exit').then(() => ['"the owner process ended"']),
  ]);
  return JSON.parse(String(line[0])) as { url: string; runAs: string };
}

async function kill9(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('launchPostgres', () => {
  it('keeps what was written for the next start, which takes less than half a second', async () => {
    const first = await launchPostgres({ dataDir });
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();

    const before = Date.now();
    const second = await launch();
    expect(Date.now() - before).toBeLessThan(500);
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('is closed to everybody without the password in the file that only its owner reads', async () => {
    const { url } = await launch();
    const passwordFile = join(dataDir, 'password');
    const password = (await readFile(passwordFile, 'utf8')).trim();

    expect((await stat(passwordFile)).mode & 0o777).toBe(0o600);
    await expect(query(url.replace(password, 'guess'), 'select 1')).rejects.toThrow('authentication failed');
    expect(
      await query(
        url,
        `select current_setting('listen_addresses') ip, current_setting('unix_socket_directories') dirs`,
      ),
    ).toEqual([{ ip: '127.0.0.1', dirs: '' }]);
  });

  it('sorts and stores text the same on every host', async () => {
    const { url } = await launch();
    expect(
      await query(
        url,
        'select pg_encoding_to_char(encoding) encoding, datcollate from pg_database where datname = current_database()',
      ),
    ).toEqual([{ encoding: 'UTF8', datcollate: 'C' }]);
  });

  it('refuses a data folder that another start owns, and leaves that one alone', async () => {
    const { url } = await launch();
    await expect(launchPostgres({ dataDir })).rejects.toMatchObject({ code: 'POSTGRES_DATA_DIR_IN_USE' });
    expect(await query(url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  });

  it('lets exactly one of two first starts at once have the folder', async () => {
    const starts = await Promise.allSettled([launch(), launch()]);
    const winners = starts.filter((start) => start.status === 'fulfilled');
    const losers = starts.filter((start) => start.status === 'rejected');

    expect(winners).toHaveLength(1);
    expect(losers).toMatchObject([{ reason: { code: 'POSTGRES_DATA_DIR_IN_USE' } }]);
    expect(await query(winners[0]?.value.url ?? '', 'select 1 as alive')).toEqual([{ alive: 1 }]);
  });

  it('tells what the server said when it does not start', async () => {
    const start = launchPostgres({ dataDir, settings: { shared_buffers: 'plenty' } });
    await expect(start).rejects.toMatchObject({
      code: 'POSTGRES_START_FAILED',
      message: expect.stringMatching(/invalid value for parameter "shared_buffers": "plenty".*DATABASE_URL/s),
    });
  });

  it('refuses a cluster of another major version', async () => {
    await launchPostgres({ dataDir }).then((postgres) => postgres.stop());
    await writeFile(join(dataDir, 'cluster', 'PG_VERSION'), '17\n');
    await expect(launchPostgres({ dataDir })).rejects.toMatchObject({
      code: 'POSTGRES_DATA_DIR_OTHER_VERSION',
    });
  });
});

describe('launchPostgres after a crash', () => {
  it('takes over from a killed process whose server still runs', async () => {
    const owner = ownerProcess();
    const { url } = await startedBy(owner);
    await query(url, 'create table kept as select 42 as answer');
    await kill9(owner);

    const next = await launch();
    expect(await query(next.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await expect(query(url, 'select 1')).rejects.toThrow();
  });

  it('refuses while the process that owns the server is alive', async () => {
    await startedBy(ownerProcess());
    await expect(launchPostgres({ dataDir })).rejects.toMatchObject({ code: 'POSTGRES_DATA_DIR_IN_USE' });
  });

  it('recovers what a killed server had committed', async () => {
    const first = await launch();
    await query(first.url, 'create table kept as select 42 as answer');
    process.kill(first.pid, 'SIGKILL');
    await first.exited;

    const second = await launch();
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('keeps the folder when a crashed backend made the server drop all connections', async () => {
    const { url } = await launch();
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
    const owner = ownerProcess();
    await expect
      .poll(() => readdir(dataDir), { interval: 5 })
      .toContainEqual(expect.stringMatching(/^initializing-/));
    await kill9(owner);

    const { url } = await launch();
    expect(await query(url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
    expect((await readdir(dataDir)).filter((name) => name.startsWith('initializing-'))).toEqual([]);
  });

  it('is not misled by another process that has the number of a dead server', async () => {
    const first = await launchPostgres({ dataDir });
    const pidFile = join(dataDir, 'cluster', 'postmaster.pid');
    const lines = await readFile(pidFile, 'utf8');
    await first.stop();
    await writeFile(pidFile, lines.replace(String(first.pid), String(process.pid)));

    const second = await launch();
    expect(await query(second.url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  });
});

describe.skipIf(!isRoot)('launchPostgres as root', () => {
  it.each(['namespace', 'nobody'] as const)('runs the server as %s', async (as) => {
    const { url, runAs } = await launch({ runAs: [as] });
    expect(runAs).toBe(as);
    expect(await query(url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  });

  it('hands one folder from one user to the other and back', async () => {
    for (const as of ['namespace', 'nobody', 'namespace'] as const) {
      const postgres = await launchPostgres({ dataDir, runAs: [as] });
      await query(postgres.url, 'create table if not exists visits(); insert into visits default values');
      await postgres.stop();
    }
    const { url } = await launch();
    expect(await query(url, 'select count(*)::int as visits from visits')).toEqual([{ visits: 3 }]);
  });

  it('falls back to nobody where namespaces are forbidden', async () => {
    const path = process.env.PATH;
    process.env.PATH = '/nowhere';
    try {
      expect((await launch()).runAs).toBe('nobody');
    } finally {
      process.env.PATH = path;
    }
  });

  it('names the folder that keeps nobody out', async () => {
    const start = launchPostgres({ dataDir: join(dataDir, 'below'), runAs: ['nobody'] });
    await expect(start).rejects.toMatchObject({
      code: 'POSTGRES_DATA_DIR_UNREACHABLE',
      message: expect.stringContaining(`may not enter ${dataDir},`),
    });
  });

  it('says what it tried when nothing works', async () => {
    const path = process.env.PATH;
    process.env.PATH = '/nowhere';
    try {
      await expect(launchPostgres({ dataDir, runAs: ['namespace'] })).rejects.toMatchObject({
        code: 'POSTGRES_NO_UNPRIVILEGED_USER',
        message: expect.stringMatching(/namespace: .*unshare.*DATABASE_URL/s),
      });
    } finally {
      process.env.PATH = path;
    }
  });

  it.skipIf(!canRun(65534)).each([
    { user: 'an ordinary user', uid: 65534, as: 'self' },
    { user: 'a user that the system does not list', uid: 65533, as: 'namespace' },
  ])('runs the server as $as for $user', async ({ uid, as }) => {
    await chown(dataDir, uid, uid);
    const { url, runAs } = await startedBy(ownerProcess(becoming(uid)));
    expect(runAs).toBe(as);
    expect(await query(url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  });
});

function becoming(uid: number): string[] {
  return ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
}

/** A checkout below a closed home folder cannot be read by another user. */
function canRun(uid: number): boolean {
  const [command = '', ...args] = [...becoming(uid), process.execPath, '-e', 'fs.readdirSync("dist/libs")'];
  return spawnSync(command, args).status === 0;
}
