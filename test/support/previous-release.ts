import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cached } from './cache.js';

/**
 * What runs in production while the present version is rolled out, commit 68130ba. In a file, so that no test depends on
 * how much of its history a checkout has. A release replaces it by its own sources:
 *
 *     git archive COMMIT apps libs migrations package.json tsconfig.json tsconfig.build.json \
 *       ':(exclude)*.spec.ts' ':(exclude)*.contract.ts' | gzip -9n > test/support/previous-release.tar.gz
 */
const SOURCES = resolve('test/support/previous-release.tar.gz');

/** The programs of the previous release, built, in a folder to start them from. Its packages are those of today. */
export async function installPreviousRelease(): Promise<{ folder: string; remove(): Promise<void> }> {
  const release = createHash('sha256').update(readFileSync(SOURCES)).digest('hex').slice(0, 16);
  const built = cached(`releases/${release}`);
  if (!existsSync(built)) await build(built);
  // Not from the cache itself: packages are looked for beside the program, and every checkout has its own.
  const folder = await mkdtemp(join(tmpdir(), 'custody-test-release-'));
  for (const part of ['package.json', 'dist'])
    await cp(join(built, part), join(folder, part), { recursive: true });
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Complete when it is there: two at once build it twice, and one of them wins. */
async function build(target: string): Promise<void> {
  await mkdir(cached('releases'), { recursive: true });
  const folder = await mkdtemp(cached('releases/building-'));
  execFileSync('tar', ['--extract', '--gzip', '--file', SOURCES, '--directory', folder]);
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  execFileSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-b', 'tsconfig.build.json'], {
    cwd: folder,
    stdio: 'pipe',
  });
  await rm(join(folder, 'node_modules'));
  await rename(folder, target).catch(() => rm(folder, { recursive: true, force: true }));
}
