import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cached } from '../support/cache.js';
import { type Service, startService } from '../support/service.js';
import { readText } from './documents.js';
import { matchesShown, shellBlocks } from './shell-blocks.js';
import { ShellSession } from './shell-session.js';

const HOME = resolve(import.meta.dirname, '../..');

describe('docs/key-rotation.md', () => {
  let service: Service;
  let desk: string;
  let session: ShellSession;

  beforeAll(async () => {
    service = await startService();
    desk = await mkdtemp(join(tmpdir(), 'custody-key-rotation-'));
    await writeFile(join(desk, 'operator.token'), service.operator.token ?? '');
    await installInTotoRun(join(desk, 'bin'));
    session = new ShellSession(desk, {
      PATH: `${join(desk, 'bin')}:${process.env.PATH}`,
      CUSTODY_URL: service.url,
      CUSTODY_HOME: HOME,
    });
  });

  afterAll(async () => {
    await session.end();
    await service.stop();
    await rm(desk, { recursive: true, force: true });
  });

  it.each(shellBlocks(readText('docs/key-rotation.md')))(
    'can be followed at line $line',
    async ({ commands, exitCode, shown }) => {
      const ended = await session.run(commands);
      expect(ended, ended.output).toMatchObject(exitCode === 0 ? { exitCode, failed: [] } : { exitCode });
      if (shown !== undefined && !matchesShown(ended.output, shown)) {
        expect(ended.output).toBe(shown);
      }
    },
    120_000,
  );
});

/** The one of in-toto 3.x, or what does the same on machines that lack it. */
async function installInTotoRun(bin: string): Promise<void> {
  await mkdir(bin);
  const real = cached('reference-3.x/bin/in-toto-run');
  const program = existsSync(real)
    ? `'${real}'`
    : `'${process.execPath}' '${HOME}/dist/test/support/in-toto-run.js'`;
  await writeFile(join(bin, 'in-toto-run'), `#!/bin/sh\nexec ${program} "$@"\n`);
  await chmod(join(bin, 'in-toto-run'), 0o755);
}
