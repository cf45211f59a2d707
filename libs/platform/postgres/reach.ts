import type { Stats } from 'node:fs';
import { cp, lchown, lstat, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Binaries } from '#platform/postgres/binaries.js';
import { PostgresLaunchError } from '#platform/postgres/errors.js';
import type { Home } from '#platform/postgres/home.js';

/** The binaries themselves where `uid` can run them, else a copy in the launcher's folder (npm trees under /root are 0700). */
export async function reachableBinaries(
  { native, version }: Binaries,
  home: Home,
  uid: number,
): Promise<string> {
  const postgres = join(native, 'bin', 'postgres');
  if ((await closedFolder(postgres, uid)) === undefined && permits(await stat(postgres), uid)) return native;

  const copy = join(home.dir, `native-${version}`);
  if (await stat(copy).catch(() => undefined)) return copy;
  const draft = `${copy}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await cp(native, draft, { recursive: true, verbatimSymlinks: true });
  await chownTree(draft, uid);
  // Losing this race means that the other start has made the same copy.
  await rename(draft, copy).catch(() => rm(draft, { recursive: true }));
  return copy;
}

/** The launcher's folder is given to `uid`, the folders above it are not ours to open. */
export async function assertReachable({ dir }: Home, uid: number): Promise<void> {
  const closed = await closedFolder(dir, uid);
  if (closed === undefined) return;
  throw new PostgresLaunchError(
    'POSTGRES_DATA_DIR_UNREACHABLE',
    `The embedded PostgreSQL has to run as uid ${uid} here, which may not enter ${closed}, so it cannot reach its data folder ${dir}. Choose a data folder outside of ${closed}, or start Custody as an ordinary user.`,
  );
}

/** Gives a file, or a folder with all that is in it, to `uid`; does nothing when its top has that owner already. */
export async function chownTree(path: string, uid: number): Promise<void> {
  const entry = await lstat(path);
  if (entry.uid === uid) return;
  if (entry.isDirectory()) {
    for (const name of await readdir(path)) await chownTree(join(path, name), uid);
  }
  // The top comes last, so that an interrupted walk is done again.
  await lchown(path, uid, uid);
}

/** The folder nearest to the root that `uid` may not pass on its way to `path`. */
async function closedFolder(path: string, uid: number): Promise<string | undefined> {
  const parent = dirname(path);
  if (parent === path) return undefined;
  return (await closedFolder(parent, uid)) ?? (permits(await stat(parent), uid) ? undefined : parent);
}

/** Execute permission by owner or by everybody; groups and ACLs are left out, which errs on the side of copying. */
function permits(entry: Stats, uid: number): boolean {
  return ((entry.uid === uid ? entry.mode >> 6 : entry.mode) & 0o1) !== 0;
}
