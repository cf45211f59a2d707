import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cached } from '../support/cache.js';
import { Client, expectStatus } from '../support/client.js';
import { component } from '../support/components.js';
import { type ExampleChain, exampleChain } from '../support/example-chain.js';
import { execute } from '../support/execute.js';
import { type Program, runToEnd, startProgram } from '../support/program.js';

const CHAIN = 'acme/web';
/** Several programs are started one after the other, each of which loads everything. */
const PROGRAMS = 300_000;

component('pg-dump')('an installation that is restored from a dump and a copy of the blobs', () => {
  let folder: string;
  let programs: Program[];
  let example: ExampleChain;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'custody-test-backup-'));
    programs = [];
    example = exampleChain();
  });

  afterEach(async () => {
    for (const program of programs) await program.end('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (dataDir: string, token?: string): Promise<Client> => {
    const program = await startProgram('all-in-one', { CUSTODY_DATA_DIR: dataDir });
    programs.push(program);
    const printed = () => /custody_[0-9a-f]{16}_[0-9a-f]{64}/.exec(program.output())?.[0];
    if (token === undefined) await expect.poll(printed, { timeout: 10_000 }).toBeDefined();
    return new Client(program.url, token ?? printed());
  };

  const stop = async (): Promise<void> => {
    await programs.pop()?.end('SIGTERM');
  };

  const postgresTool = (name: string, ...args: string[]) =>
    execute(cached(`postgres-tools/programs/${name}`), args);

  it(
    'answers with the same verdicts, and takes in what came after the dump',
    async () => {
      const [original, restored] = [join(folder, 'original'), join(folder, 'restored')];
      const late = exampleChain({ seed: 'late' });
      const ci = await start(original);
      await ci.found(CHAIN, example);
      await ci.found('acme/late', late);
      await ci.postRun(example, { chain: CHAIN, run: '7', subject: example.imageDigest });
      const before = await ci.waitForVerdict(example.imageDigest, 'pass', CHAIN);

      // The dump first, then the blobs; builds go on in between.
      const dump = join(folder, 'custody.dump');
      await postgresTool('pg_dump', '--format=custom', `--file=${dump}`, await databaseOf(original));
      await ci.postRun(late, { chain: 'acme/late', run: '8', subject: late.imageDigest });
      await cp(join(original, 'blobs'), join(restored, 'blobs'), { recursive: true });
      await stop();

      await start(restored);
      await postgresTool(
        'pg_restore',
        '--clean',
        '--if-exists',
        '--single-transaction',
        `--dbname=${await databaseOf(restored)}`,
        dump,
      );
      await stop();

      // The tokens are those of the dump.
      const operator = await start(restored, ci.token);
      const after = await operator.waitForVerdict(example.imageDigest, 'pass', CHAIN);
      expect(after.body).toEqual(before.body);
      expect(after.headers.get('etag')).toBe(before.headers.get('etag'));
      expectStatus(await operator.verdict(late.imageDigest, 'acme/late'), 404);

      const environment = { CUSTODY_DATA_DIR: restored };
      const repaired = await runToEnd('fsck', environment, ['--grace', '0', '--repair']);
      expect([repaired.code, repaired.stdout]).toEqual([1, expect.stringContaining('LINK_NOT_INDEXED')]);
      await operator.waitForVerdict(late.imageDigest, 'pass', 'acme/late');
      expect((await runToEnd('fsck', environment, ['--grace', '0'])).code).toBe(0);
    },
    PROGRAMS,
  );

  it(
    'or from a copy of its folder, made while it was stopped',
    async () => {
      const [original, restored] = [join(folder, 'original'), join(folder, 'restored')];
      const ci = await start(original);
      await ci.found(CHAIN, example);
      await ci.postRun(example, { chain: CHAIN, run: '7', subject: example.imageDigest });
      const before = await ci.waitForVerdict(example.imageDigest, 'pass', CHAIN);
      await stop();
      await cp(original, restored, { recursive: true, preserveTimestamps: true });

      const operator = await start(restored, ci.token);
      const after = await operator.waitForVerdict(example.imageDigest, 'pass', CHAIN);
      expect(after.headers.get('etag')).toBe(before.headers.get('etag'));
      expect(after.body).toEqual(before.body);
    },
    PROGRAMS,
  );
});

/** As operations.md says how to reach it while the service runs. */
async function databaseOf(dataDir: string): Promise<string> {
  const password = await readFile(join(dataDir, 'postgres', 'password'), 'utf8');
  const postmaster = await readFile(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8');
  return `postgresql://custody:${password.trim()}@127.0.0.1:${postmaster.split('\n')[3]?.trim()}/custody`;
}
