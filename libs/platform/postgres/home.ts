import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the launcher keeps in its data folder. Everything in it belongs to the launcher. */
export interface Home {
  readonly dir: string;
  /** The server's own folder (PGDATA). It exists only when complete. */
  readonly cluster: string;
  readonly log: string;
  readonly passwordFile: string;
  readonly password: string;
}

export async function openHome(dataDir: string): Promise<Home> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // The server is recognised by its working directory, which the kernel names without symbolic links.
  const dir = await realpath(dataDir);
  const passwordFile = join(dir, 'password');
  return {
    dir,
    cluster: join(dir, 'cluster'),
    log: join(dir, 'server.log'),
    passwordFile,
    password: await readOrCreatePassword(passwordFile),
  };
}

/** The file is written before the cluster that it opens, and linked into place whole: two first starts at once agree on one. */
async function readOrCreatePassword(path: string): Promise<string> {
  const existing = await readFile(path, 'utf8').catch(ifMissing);
  if (existing !== undefined) return existing.trim();
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 });
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return (await readFile(path, 'utf8')).trim();
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
