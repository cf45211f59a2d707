import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { launchPostgres } from '#platform/postgres/launch.js';
import { launch, newDataDir, query } from '../../../test/support/postgres-launch.js';

let dataDir: string;

beforeEach(async () => {
  dataDir = await newDataDir();
});

describe('launchPostgres', () => {
  it('keeps what was written for the next start, which takes less than half a second', async () => {
    const first = await launchPostgres({ dataDir });
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();

    const times: number[] = [];
    for (let start = 0; start < 3; start++) {
      const before = Date.now();
      const postgres = await launchPostgres({ dataDir });
      times.push(Date.now() - before);
      expect(await query(postgres.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
      await postgres.stop();
    }
    // The quickest of three: the others may have shared the machine with another test.
    expect(Math.min(...times)).toBeLessThan(500);
  });

  it('is told to end also where nobody can read what it has written about itself', async () => {
    const { pid, stop } = await launchPostgres({ dataDir });
    await rm(join(dataDir, 'cluster', 'postmaster.pid'));
    await stop();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('is closed to everybody without the password in the file that only its owner reads', async () => {
    const { url } = await launch({ dataDir });
    const passwordFile = join(dataDir, 'password');
    const password = (await readFile(passwordFile, 'utf8')).trim();

    expect((await stat(passwordFile)).mode & 0o777).toBe(0o600);
    await expect(query(url.replace(password, 'guess'), 'select 1')).rejects.toThrow('authentication failed');
    expect(
      await query(
        url,
        `select current_setting('listen_addresses') ip, current_setting('unix_socket_directories') dirs`,
      ),
    ).toEqual([{ ip: '127.0.0.1', dirs: '' }]);
  });

  it('sorts and stores text the same on every host', async () => {
    const { url } = await launch({ dataDir });
    expect(
      await query(
        url,
        'select pg_encoding_to_char(encoding) encoding, datcollate from pg_database where datname = current_database()',
      ),
    ).toEqual([{ encoding: 'UTF8', datcollate: 'C' }]);
  });

  it('refuses a data folder that another start owns, and leaves that one alone', async () => {
    const { url } = await launch({ dataDir });
    await expect(launchPostgres({ dataDir })).rejects.toMatchObject({ code: 'POSTGRES_DATA_DIR_IN_USE' });
    expect(await query(url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  });

  it('lets exactly one of two first starts at once have the folder', async () => {
    const starts = await Promise.allSettled([launch({ dataDir }), launch({ dataDir })]);
    const winners = starts.filter((start) => start.status === 'fulfilled');
    const losers = starts.filter((start) => start.status === 'rejected');

    expect(winners).toHaveLength(1);
    expect(losers).toMatchObject([{ reason: { code: 'POSTGRES_DATA_DIR_IN_USE' } }]);
    expect(await query(winners[0]?.value.url ?? '', 'select 1 as alive')).toEqual([{ alive: 1 }]);
  });

  it('tells what the server said when it does not start', async () => {
    const start = launchPostgres({ dataDir, settings: { shared_buffers: 'plenty' } });
    await expect(start).rejects.toMatchObject({
      code: 'POSTGRES_START_FAILED',
      message: expect.stringMatching(/invalid value for parameter "shared_buffers": "plenty".*DATABASE_URL/s),
    });
  });

  it('refuses a cluster of another major version', async () => {
    await launchPostgres({ dataDir }).then((postgres) => postgres.stop());
    await writeFile(join(dataDir, 'cluster', 'PG_VERSION'), '17\n');
    await expect(launchPostgres({ dataDir })).rejects.toMatchObject({
      code: 'POSTGRES_DATA_DIR_OTHER_VERSION',
    });
  });
});
