import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const BAD = {
  CUSTODY_PORT: '70000',
  CUSTODY_LOG_LEVEL: 'loud',
  DATABASE_URL: 'mysql://root:hunter2@db/custody',
  CUSTODY_DATABASE_POOL: 'many',
  REDIS_URL: 'valkey:6379',
  CUSTODY_S3_BUCKET: 'ab',
  CUSTODY_S3_ENDPOINT: 'not a url',
  CUSTODY_S3_ACCESS_KEY_ID: 'only half of the pair',
  CUSTODY_MAX_LINK_BYTES: '1',
  CUSTODY_WORKER_CONCURRENCY: '0',
  CUSTODY_PROT: '8470',
};

const run = (program: string, env: Record<string, string>) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [`dist/apps/${program}/main.js`], {
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  return { status, stderr, stdout };
};

describe('a bad configuration', () => {
  it.each(['all-in-one', 'migrate'])('ends %s with 2, and every bad key named at once', (program) => {
    const { status, stderr, stdout } = run(program, BAD);
    expect(status).toBe(2);
    for (const key of Object.keys(BAD)) {
      expect(stderr).toContain(key);
    }
    expect(stderr).not.toContain('    at ');
    expect(stderr + stdout).not.toContain('hunter2');
  });

  it.each(['ingest-api', 'query-api', 'verify-worker', 'migrate'])(
    'without DATABASE_URL ends %s with its name',
    (program) => {
      const { status, stderr } = run(program, {});
      expect(status).toBe(2);
      expect(stderr).toContain('DATABASE_URL');
    },
  );
});
