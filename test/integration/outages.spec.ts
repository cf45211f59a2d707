import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type S3Double, startS3Double } from '../support/s3-double.js';
import { type Service, startService } from '../support/service.js';
import { link, signDsse } from '../support/supply-chain.js';
import { startTcpGate, type TcpGate } from '../support/tcp-gate.js';

const CHAIN = 'acme/web';

describe('a part that is away', () => {
  let s3: S3Double;
  let database: TestDatabase;
  let gate: TcpGate;
  let service: Service;

  beforeAll(async () => {
    [s3, database] = await Promise.all([startS3Double(), createDatabase()]);
    gate = await startTcpGate(database.url);
    service = await startService({
      DATABASE_URL: gate.url,
      CUSTODY_S3_ENDPOINT: s3.endpoint,
      CUSTODY_S3_BUCKET: s3.bucket,
      CUSTODY_S3_ACCESS_KEY_ID: 'a',
      CUSTODY_S3_SECRET_ACCESS_KEY: 's',
    });
    await service.operator.found(CHAIN, chain);
  });

  afterAll(async () => {
    gate.open();
    await service.stop();
    await gate.stop();
    await Promise.all([s3.stop(), database.drop()]);
  });

  const chain = exampleChain();
  const { bob } = chain.functionaries;
  const fresh = () => signDsse(link('build', { products: { app: randomBytes(8).toString('hex') } }), bob);
  const post = (): Promise<Reply> => service.operator.postLink(fresh(), { chain: CHAIN, run: '1' });
  const timed = async (ask: () => Promise<Reply>) => {
    const start = Date.now();
    const { status, body, headers } = await ask();
    return {
      status,
      code: body.code,
      detail: body.detail,
      retryAfter: headers.get('retry-after'),
      ms: Date.now() - start,
    };
  };
  const refused = (part: string) => ({
    status: 503,
    code: 'UNAVAILABLE',
    detail: `The ${part} does not answer.`,
    retryAfter: '2',
    ms: expect.any(Number),
  });
  const parts = async () => (await service.operator.get('/readyz')).body.parts;
  const isBack = () => expect.poll(async () => (await post()).status, { timeout: 10_000 }).toBe(201);

  it.each(['internal-error', 'slow-down', 'reset', 'hang'] as const)(
    'is told soon, and then at once, when the blob store answers %s; uploads go on when it is back',
    async (fault) => {
      s3.inject({ fault, times: Number.POSITIVE_INFINITY });
      const first = await Promise.all(Array.from({ length: 20 }, () => timed(post)));
      expect(first).toEqual(first.map(() => refused('blob store')));
      expect(Math.max(...first.map(({ ms }) => ms))).toBeLessThan(9_000);
      const next = await Promise.all(Array.from({ length: 20 }, () => timed(post)));
      expect(next.map(({ status }) => status)).toEqual(next.map(() => 503));
      expect(next.filter(({ ms }) => ms > 2_000).length).toBeLessThan(2);
      expect(await parts()).toMatchObject({ blobs: 'failed', database: 'ok' });
      s3.heal();
      await isBack();
    },
  );

  it('is told soon, and then at once, when the database has fallen silent; uploads go on when it answers', async () => {
    await post();
    gate.shut();
    const first = await Promise.all(Array.from({ length: 20 }, () => timed(post)));
    expect(first).toEqual(first.map(() => refused('database')));
    expect(Math.max(...first.map(({ ms }) => ms))).toBeLessThan(15_000);
    const next = await timed(post);
    expect(next.status).toBe(503);
    expect(await parts()).toMatchObject({ blobs: 'ok', database: 'failed' });
    gate.open();
    await isBack();
    await service.operator.postRun(exampleChain({ seed: 'afterwards' }), { chain: CHAIN, run: 'afterwards' });
  });
});
