import { mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Binaries, majorVersion } from '#platform/postgres/binaries.js';
import { PostgresLaunchError } from '#platform/postgres/errors.js';
import type { Home } from '#platform/postgres/home.js';
import type { Runner } from '#platform/postgres/run-as.js';

export const SUPERUSER = 'custody';

const DRAFT = 'initializing-';

/** Makes the cluster when there is none. It gets its name only when complete, so a crash half-way costs nothing. */
export async function ensureCluster(home: Home, binaries: Binaries, runner: Runner): Promise<void> {
  const wanted = majorVersion(binaries);
  const found = await clusterVersion(home);
  if (found === undefined) await createCluster(home, runner);
  else if (found !== wanted) {
    throw new PostgresLaunchError(
      'POSTGRES_DATA_DIR_OTHER_VERSION',
      `${home.cluster} was made by PostgreSQL ${found}, this is ${wanted}. Dump it with ${found} and load it into an empty data folder.`,
    );
  }
  await runner.own(home.cluster);
}

async function clusterVersion({ cluster }: Home): Promise<string | undefined> {
  const version = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => undefined);
  return version?.trim();
}

async function createCluster(home: Home, runner: Runner): Promise<void> {
  const draft = await mkdtemp(join(home.dir, DRAFT));
  try {
    await runner.own(home.passwordFile);
    await runner.own(draft);
    await runInitdb(home, runner, draft);
    await rename(draft, home.cluster);
    await syncFolder(home.dir);
  } catch (error) {
    // Another first start may have been quicker; its cluster has the same password.
    if ((await clusterVersion(home)) === undefined) throw error;
  } finally {
    await removeDrafts(home);
  }
}

function runInitdb(home: Home, runner: Runner, target: string): Promise<void> {
  const args = [
    `--pgdata=${target}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${home.passwordFile}`,
    '--auth=scram-sha-256',
    // The binaries bring an old ICU and glibc's collations change between hosts; C sorts the same everywhere.
    '--locale=C',
    '--encoding=UTF8',
    '--no-instructions',
  ];
  return new Promise((resolve, reject) => {
    const child = runner.spawn('initdb', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(new PostgresLaunchError('POSTGRES_INIT_FAILED', `initdb failed (${code}):\n${output.trim()}`));
    });
  });
}

/** A rename survives a power cut only once its folder is on disk. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync();
  await folder.close();
}

/** Drafts of interrupted starts too. Best effort: the files of a start that still writes may come back. */
async function removeDrafts({ dir }: Home): Promise<void> {
  const names = (await readdir(dir)).filter((name) => name.startsWith(DRAFT));
  for (const name of names) await rm(join(dir, name), { recursive: true, force: true }).catch(() => {});
}
