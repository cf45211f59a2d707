import { spawnSync } from 'node:child_process';
import { chown, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { launchPostgres } from '#platform/postgres/launch.js';
import { launch, newDataDir, ownerProcess, query, startedBy } from '../../../test/support/postgres-launch.js';

let dataDir: string;

beforeEach(async () => {
  dataDir = await newDataDir();
});

describe.skipIf(process.getuid?.() !== 0)('launchPostgres as root', () => {
  it.skipIf(!hasNamespaces(0))('runs the server in a namespace', async () => {
    const { url, runAs } = await launch({ dataDir });
    expect(runAs).toBe('namespace');
    expect(await query(url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  });

  it('runs the server as nobody', async () => {
    const { url, runAs } = await launch({ dataDir, runAs: ['nobody'] });
    expect(runAs).toBe('nobody');
    expect(await query(url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  });

  it.skipIf(!hasNamespaces(0))('hands one folder from one user to the other and back', async () => {
    for (const as of ['namespace', 'nobody', 'namespace'] as const) {
      const postgres = await launchPostgres({ dataDir, runAs: [as] });
      await query(postgres.url, 'create table if not exists visits(); insert into visits default values');
      await postgres.stop();
    }
    const { url } = await launch({ dataDir });
    expect(await query(url, 'select count(*)::int as visits from visits')).toEqual([{ visits: 3 }]);
  });

  it('falls back to nobody where namespaces are forbidden', async () => {
    const path = process.env.PATH;
    process.env.PATH = '/nowhere';
    try {
      expect((await launch({ dataDir })).runAs).toBe('nobody');
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

  it.skipIf(!canRead(65534))('runs the server plainly for an ordinary user', async () => {
    expect(await ownerAs(65534)).toBe('self');
  });

  it.skipIf(!canRead(65533) || !hasNamespaces(65533))(
    'runs the server in a namespace for a user that the system does not list',
    async () => {
      expect(await ownerAs(65533)).toBe('namespace');
    },
  );
});

const container = ['unshare', '--fork', '--kill-child', '--pid', '--ipc', '--mount-proc'];

describe.skipIf(process.getuid?.() !== 0 || !succeeds([...container, 'true']))(
  'two containers with one volume',
  () => {
    it('cannot both start a server on it, though they do not see each other', async () => {
      await startedBy(ownerProcess(dataDir, container));
      await expect(launchPostgres({ dataDir })).rejects.toMatchObject({
        code: 'POSTGRES_DATA_DIR_IN_USE',
        message: expect.stringContaining('perhaps in another container'),
      });
    });

    it('leave each other alone even where the number of the server belongs to another process', async () => {
      const { url } = await startedBy(ownerProcess(dataDir, container));
      const pidFile = join(dataDir, 'cluster', 'postmaster.pid');
      const [, ...lines] = (await readFile(pidFile, 'utf8')).split('\n');
      await writeFile(pidFile, [String(process.pid), ...lines].join('\n'));

      await expect(launchPostgres({ dataDir })).rejects.toMatchObject({ code: 'POSTGRES_DATA_DIR_IN_USE' });
      expect(await query(url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
    });
  },
);

async function ownerAs(uid: number): Promise<string> {
  await chown(dataDir, uid, uid);
  const { url, runAs } = await startedBy(ownerProcess(dataDir, becoming(uid)));
  expect(await query(url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  return runAs;
}

function becoming(uid: number): string[] {
  return ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
}

/** A checkout below a closed home folder cannot be read by another user. */
function canRead(uid: number): boolean {
  return succeeds([...becoming(uid), process.execPath, '-e', 'fs.readdirSync("dist/libs")']);
}

/** The usual container forbids them. */
function hasNamespaces(uid: number): boolean {
  return succeeds([...becoming(uid), 'unshare', '--user', '--map-user=1000', '--', 'true']);
}

function succeeds([command = '', ...args]: string[]): boolean {
  return spawnSync(command, args).status === 0;
}
