import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Config } from '#platform/config.js';
import { Client } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { indexRows } from '../support/index-rows.js';
import { type Program, runToEnd, startProgram } from '../support/program.js';
import { fillStore, settled } from '../support/rich-store.js';
import { type Service, startService } from '../support/service.js';

const WITHOUT_WAITING = ['--grace', '0'];
/** Several programs are started one after the other, each of which loads everything. */
const PROGRAMS = 300_000;

describe('the command fsck', { timeout: PROGRAMS }, () => {
  let service: Service;
  let environment: Record<string, string>;

  beforeEach(async () => {
    service = await startService();
    environment = {
      DATABASE_URL: service.app.get(Config).databaseUrl?.reveal() ?? '',
      CUSTODY_DATA_DIR: service.dataDir,
    };
  });

  afterEach(() => service?.stop());

  const fsck = (...args: string[]) => runToEnd('fsck', environment, [...WITHOUT_WAITING, ...args]);

  it('says by its exit code whether it found anything, as text or as JSON', async () => {
    await settled(service, await fillStore(service));
    const sound = await fsck('--seed', 'again');
    expect(sound).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing is wrong.') });
    expect(sound.stdout).toContain('Seed of the samples: again.');
    expect(sound.stderr).toMatch(/links of acme\/web: \d+ in/);

    await service.query('delete from link_key');
    const { code, stdout } = await fsck('--json');
    expect([code, JSON.parse(stdout)]).toMatchObject([
      1,
      { clean: false, findings: { 0: { chain: 'acme/shop' } } },
    ]);
    expect((await fsck('--repair')).stdout).toContain('mended  KEY_ROWS_WRONG');
    expect((await fsck()).code).toBe(0);
  });

  it('reads a part of the bytes where a sample is enough, and looks for all', async () => {
    await settled(service, await fillStore(service));
    const { checked } = JSON.parse((await fsck('--json', '--sample', '0%', '--verdicts', '1')).stdout);
    expect(checked).toMatchObject({ 'blobs of links': 0, 'link rows': expect.any(Number) });
    const [file = ''] = (await service.blobs()).filter(
      (path) => path.includes('/links/') && !path.includes('/journal/'),
    );
    await rm(file);
    expect((await fsck('--sample', '0%')).stdout).toContain('BLOB_LOST');
  });

  it.each([
    ['a wrong option', ['--no-such-option'], /unknown option/],
    ['a wrong sample', ['--sample', 'some'], /such as 10%/],
    ['a rebuild and a repair', ['--rebuild', '--repair'], /cannot be used with/],
  ])('ends with 2 for %s', async (_, args, message) => {
    expect(await fsck(...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });

  it('ends with 2 where it cannot check: no database, no rebuild into what is there', async () => {
    await service.operator.createChain('acme/web', exampleChain().owner);
    const refused = await fsck('--rebuild');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('The index is not empty') });
    environment = { CUSTODY_DATA_DIR: join(service.dataDir, 'nowhere') };
    expect(await fsck()).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no database') });
  });

  it('leaves nothing worse when it is killed in the middle of a repair, and ends it the next time', async () => {
    await settled(service, await fillStore(service));
    const source = service.app.get(DataSource);
    const before = await indexRows(source);
    const copy = service.scratch('copy');
    await cp(join(service.dataDir, 'blobs'), copy, { recursive: true });
    const bytesBefore = await contents(service);

    for (const table of ['link_artifact', 'link_key', 'run_link', 'subject_key', 'run_subject']) {
      await service.query(`delete from ${table}`);
    }
    await service.query(`delete from link where step = 'build'`);
    const files = (await service.blobs()).filter((path) => path.includes('/blobs/acme'));
    for (const file of files.filter((_, at) => at % 3 === 0)) await writeFile(file, 'damaged');

    for (const code of ['BLOB_DAMAGED', 'ARTIFACT_ROWS_WRONG', 'LINK_NOT_INDEXED']) {
      const args = [...WITHOUT_WAITING, '--repair', '--from', copy];
      const { code: ended } = await runToEnd('fsck', environment, args, `mended  ${code}`);
      expect([null, 1]).toContain(ended);
    }
    await fsck('--repair', '--from', copy);
    await expect
      .poll(() => service.query('select 1 from verification_mark'), { timeout: 30_000 })
      .toEqual([]);
    const after = await contents(service);
    for (const [path, bytes] of bytesBefore) {
      expect([path, after.get(path)?.equals(bytes)]).toEqual([path, true]);
    }
    expect(await indexRows(source)).toEqual(before);
  });
});

async function contents(service: Service): Promise<Map<string, Buffer>> {
  const paths = (await service.blobs()).filter((path) => path.includes('/blobs/acme'));
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(path)] as const)));
}

describe('an installation on its embedded database', { timeout: PROGRAMS }, () => {
  let dataDir: string;
  let program: Program;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'custody-test-fsck-'));
  });

  afterEach(async () => {
    await program?.end('SIGTERM');
    await rm(dataDir, { recursive: true, force: true });
  });

  const start = async (): Promise<Client> => {
    program = await startProgram('all-in-one', { CUSTODY_DATA_DIR: dataDir });
    const token = () => /custody_[0-9a-f]{16}_[0-9a-f]{64}/.exec(program.output())?.[0];
    await expect.poll(token, { timeout: 10_000 }).toBeDefined();
    return new Client(program.url, token());
  };

  it('whose database is lost goes on with a rebuilt one and a new operator token; it is checked running and stopped', async () => {
    const example = exampleChain();
    const asked = exampleChain({ seed: 'asked' });
    let operator = await start();
    await operator.found('acme/web', example);
    await operator.found('acme/asked', asked);
    await operator.postRun(example, { chain: 'acme/web', run: '7', subject: example.imageDigest });
    await operator.postRun(asked, { chain: 'acme/asked', run: '7' });
    const verdicts = [
      await operator.waitForVerdict(example.imageDigest, 'pass', 'acme/web'),
      await operator.waitForVerdict(asked.imageDigest, 'pass', 'acme/asked'),
    ].map(({ headers, body }) => [headers.get('etag'), body.evidence]);
    expect((await runToEnd('fsck', { CUSTODY_DATA_DIR: dataDir }, WITHOUT_WAITING)).code).toBe(0);
    await program.end('SIGTERM');
    expect((await runToEnd('fsck', { CUSTODY_DATA_DIR: dataDir }, WITHOUT_WAITING)).code).toBe(0);

    await rm(join(dataDir, 'postgres'), { recursive: true });
    const { code, stdout } = await runToEnd('fsck', { CUSTODY_DATA_DIR: dataDir }, ['--rebuild']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('Access tokens are not in the blob store')]);

    operator = await start();
    const again = [
      await operator.waitForVerdict(example.imageDigest, 'pass', 'acme/web'),
      await operator.waitForVerdict(asked.imageDigest, 'pass', 'acme/asked'),
    ].map(({ headers, body }) => [headers.get('etag'), body.evidence]);
    expect(again).toEqual(verdicts);
  });
});
