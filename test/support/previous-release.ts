import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cached } from './cache.js';

/** What runs in production while the present version is rolled out. A release moves it to the one before. */
const PREVIOUS_RELEASE = '68130ba4b80d3afd6edd6fdc5496ba17009cf9c2';

/** The checkout may belong to another user, as in a container. */
const GIT = ['-c', 'safe.directory=*'];

export function hasPreviousRelease(): boolean {
  return spawnSync('git', [...GIT, 'cat-file', '-e', `${PREVIOUS_RELEASE}^{commit}`]).status === 0;
}

/** The programs of the previous release, built, in a folder to start them from. Its packages are those of today. */
export async function installPreviousRelease(): Promise<{ folder: string; remove(): Promise<void> }> {
  const built = cached(`releases/${PREVIOUS_RELEASE}`);
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
  const archive = execFileSync('git', [...GIT, 'archive', PREVIOUS_RELEASE], {
    maxBuffer: 256 * 1024 * 1024,
  });
  execFileSync('tar', ['--extract', '--directory', folder], { input: archive });
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  execFileSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-b', 'tsconfig.build.json'], {
    cwd: folder,
    stdio: 'pipe',
  });
  await rm(join(folder, 'node_modules'));
  await rename(folder, target).catch(() => rm(folder, { recursive: true, force: true }));
}
