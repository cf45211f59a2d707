import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from './config.js';

function problemsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const lines = (error as ConfigError).message.split('\n').slice(1);
    return lines.map((line) => line.trim().split(':')[0] ?? '');
  }
}

describe('the configuration', () => {
  it('needs nothing: everything has a default', () => {
    expect(loadConfig({})).toMatchObject({
      http: { host: '127.0.0.1', port: 8470 },
      databaseUrl: undefined,
      redisUrl: undefined,
      blobs: { kind: 'file', directory: './data/blobs' },
    });
  });

  it('takes an empty value for none, as docker compose passes unset variables', () => {
    expect(loadConfig({ CUSTODY_PORT: '', REDIS_URL: '' })).toEqual(loadConfig({}));
  });

  it('names every bad setting at once', () => {
    const bad = {
      CUSTODY_PORT: '70000',
      CUSTODY_LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://localhost/custody',
      REDIS_URL: 'not a url',
      CUSTODY_PROT: '8470',
      CUSTODY_S3_ENDPOINT: 'http://s3.local',
      CUSTODY_S3_ACCESS_KEY_ID: 'id',
    };
    expect(problemsOf(bad)).toEqual([
      'CUSTODY_PORT',
      'CUSTODY_LOG_LEVEL',
      'DATABASE_URL',
      'REDIS_URL',
      'CUSTODY_PROT',
      'CUSTODY_S3_BUCKET',
      'CUSTODY_S3_ACCESS_KEY_ID, CUSTODY_S3_SECRET_ACCESS_KEY',
    ]);
  });

  it.each(['12.5', 'ten', '-1', '1e9', ' '])('takes %j for no number of connections', (value) => {
    expect(problemsOf({ CUSTODY_DATABASE_POOL: value })).toEqual(['CUSTODY_DATABASE_POOL']);
  });

  it('reads the proxies that it may believe', () => {
    const proxies = '10.0.0.0/8, 192.0.2.7,2001:db8::/32';
    expect(loadConfig({ CUSTODY_TRUSTED_PROXIES: proxies }).http.trustedProxies).toEqual([
      '10.0.0.0/8',
      '192.0.2.7',
      '2001:db8::/32',
    ]);
  });

  it.each([
    'all',
    'true',
    '1',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '::/129',
    '10.0.0.1,',
    'loopback',
  ])('believes no proxy called %j', (value) => {
    expect(problemsOf({ CUSTODY_TRUSTED_PROXIES: value })).toEqual(['CUSTODY_TRUSTED_PROXIES']);
  });

  it('takes no token for the metrics that could be guessed', () => {
    expect(problemsOf({ CUSTODY_METRICS_TOKEN: 'prometheus' })).toEqual(['CUSTODY_METRICS_TOKEN']);
  });

  it('does not mind variables of other programs', () => {
    const ofTheCommand = {
      CUSTODY_URL: 'u',
      CUSTODY_TOKEN: 't',
      CUSTODY_TOKEN_FILE: 'f',
      CUSTODY_CHAIN: 'c',
    };
    expect(problemsOf({ PATH: '/bin', ...ofTheCommand })).toEqual([]);
  });

  it('keeps blobs in a bucket when one is named', () => {
    const { blobs } = loadConfig({
      CUSTODY_S3_BUCKET: 'evidence',
      CUSTODY_S3_ACCESS_KEY_ID: 'id',
      CUSTODY_S3_SECRET_ACCESS_KEY: 'hush',
    });
    expect(blobs).toMatchObject({ kind: 's3', bucket: 'evidence', region: 'us-east-1', endpoint: undefined });
  });

  it('shows none of its secrets, neither printed nor in an error', () => {
    const env = {
      DATABASE_URL: 'postgres://user:hush@db/custody',
      REDIS_URL: 'redis://:hush@redis',
      CUSTODY_S3_BUCKET: 'evidence',
      CUSTODY_S3_ACCESS_KEY_ID: 'id',
      CUSTODY_S3_SECRET_ACCESS_KEY: 'hush',
    };
    const config = loadConfig(env);
    expect(config.databaseUrl?.reveal()).toBe(env.DATABASE_URL);
    expect(inspect(config, { depth: null, showHidden: true }) + JSON.stringify(config)).not.toContain('hush');
    expect(() => loadConfig({ ...env, DATABASE_URL: 'mysql://user:hush@db/custody' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hush') }),
    );
  });
});
