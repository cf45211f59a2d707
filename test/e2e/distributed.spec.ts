import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settings } from '#platform/config.js';
import { Client } from '../support/client.js';
import { component } from '../support/components.js';
import { readCompose } from '../support/compose.js';
import { exampleChain } from '../support/example-chain.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type Program, runProgram, startProgram } from '../support/program.js';
import { startRedis } from '../support/redis.js';
import { startS3 } from '../support/s3.js';

const compose = readCompose();

describe('docker-compose.yml', () => {
  it('runs the three processes after the migration, with settings that exist', () => {
    expect(compose.programs).toEqual({
      migrate: 'migrate',
      'ingest-api': 'ingest-api',
      'query-api': 'query-api',
      'verify-worker': 'verify-worker',
    });
    expect(Object.keys(compose.environment).filter((key) => !settings.includes(key))).toEqual([]);
  });

  it('names servers that it starts', () => {
    const hosts = ['DATABASE_URL', 'REDIS_URL', 'CUSTODY_S3_ENDPOINT'].map(
      (key) => new URL(compose.environment[key] ?? '').hostname,
    );
    expect(compose.services).toEqual(expect.arrayContaining(hosts));
  });
});

component('redis-server')('the processes of docker-compose.yml, on a real Redis', () => {
  component('s3-server')('and a real S3 server', () => {
    let database: TestDatabase;
    let redis: Awaited<ReturnType<typeof startRedis>>;
    let s3: Awaited<ReturnType<typeof startS3>>;
    let environment: Record<string, string>;
    let ingest: Program;
    let query: Program;
    let worker: Program;
    let ci: Client;
    let deployer: Client;

    beforeAll(async () => {
      [database, redis, s3] = await Promise.all([createDatabase(), startRedis(), startS3()]);
      // The same keys; the addresses and credentials of this machine's servers.
      environment = {
        ...compose.environment,
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
        CUSTODY_S3_ENDPOINT: s3.endpoint,
        CUSTODY_S3_BUCKET: `${compose.environment.CUSTODY_S3_BUCKET}-${randomBytes(4).toString('hex')}`,
        CUSTODY_S3_ACCESS_KEY_ID: s3.accessKeyId,
        CUSTODY_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
      };
      expect(Object.keys(environment)).toEqual(Object.keys(compose.environment));
      await runProgram('migrate', environment);
      const scopes = ['--scope', 'ingest', 'read', 'operate'];
      const token = await runProgram('token', environment, ['create', '--name', 'operator', ...scopes]);
      [ingest, query, worker] = await Promise.all([
        startProgram('ingest-api', environment),
        startProgram('query-api', environment),
        startProgram('verify-worker', environment),
      ]);
      ci = new Client(ingest.url, /custody_\w+/.exec(token)?.[0]);
      deployer = new Client(query.url, ci.token);
    }, 120_000);

    afterAll(async () => {
      const ended = await Promise.all([ingest, query, worker].map((program) => program?.end('SIGTERM')));
      await Promise.all([redis?.stop(), s3?.stop()]);
      await database?.drop();
      expect(ended).toEqual([0, 0, 0]);
    });

    it('turn links that one takes into verdicts that another gives', async () => {
      const chain = exampleChain();
      await ci.found('acme/web', chain);
      await ci.postRun(chain, { chain: 'acme/web', run: '1' });
      const { body } = await deployer.waitForVerdict(chain.imageDigest, 'pass');
      expect(body).toMatchObject({ chain: 'acme/web', allowed: true });
      const [link] = chain.links;
      const { links } = (await deployer.get('/links?chain=acme/web&step=tag')).body as {
        links: { id: string }[];
      };
      const stored = await deployer.get(`/links/${links[0]?.id}?chain=acme/web`);
      expect(stored.bytes.equals(link?.bytes ?? Buffer.alloc(0))).toBe(true);
    });

    it('do each their own work, and nothing of the others', async () => {
      const inThis = async (program: Program, path: string) =>
        (await new Client(program.url, ci.token).get(path)).body.code === 'ROUTE_UNKNOWN' ? 'no' : 'yes';
      const path = `/verdicts/sha256:${'0'.repeat(64)}`;
      expect(await Promise.all([ingest, query, worker].map((program) => inThis(program, path)))).toEqual([
        'no',
        'yes',
        'no',
      ]);
      expect((await deployer.post('/links?chain=acme/web', '{}')).body.code).toBe('METHOD_NOT_ALLOWED');
      for (const [program, parts] of [
        [ingest, ['database', 'blobs']],
        [query, ['database', 'blobs']],
        [worker, ['database', 'blobs', 'queue']],
      ] as const) {
        const { body } = await new Client(program.url, undefined).get('/readyz');
        expect(Object.keys(body.parts as object)).toEqual(expect.arrayContaining([...parts]));
      }
    });

    it('go on taking links while the worker is dead, and catch up with them when it is back', async () => {
      await worker.end('SIGKILL');
      const chain = exampleChain({ seed: 'while the worker is dead' });
      await ci.found('acme/patient', chain);
      await ci.postRun(chain, { chain: 'acme/patient', run: '1', subject: chain.imageDigest });
      expect((await deployer.verdict(chain.imageDigest)).status).toBe(202);
      worker = await startProgram('verify-worker', environment);
      await deployer.waitForVerdict(chain.imageDigest, 'pass');
    });

    it('go on taking links while Redis is dead, and say so where it matters', async () => {
      await redis.kill9();
      const chain = exampleChain({ seed: 'while Redis is dead' });
      await ci.found('acme/queued', chain);
      await ci.postRun(chain, { chain: 'acme/queued', run: '1', subject: chain.imageDigest });
      const readiness = () => new Client(worker.url, undefined).get('/readyz');
      // It is asked once a second.
      await expect
        .poll(async () => (await readiness()).body.parts, { timeout: 10_000 })
        .toMatchObject({ queue: 'failed', database: 'ok' });
      expect((await readiness()).status).toBe(503);
      await redis.restart();
      await deployer.waitForVerdict(chain.imageDigest, 'pass');
    });

    it('acknowledge nothing while the blob store is dead, and keep nothing of it', async () => {
      await s3.kill9();
      const chain = exampleChain({ seed: 'while S3 is dead' });
      const [link] = chain.links;
      const post = () => ci.postLink(link?.bytes ?? Buffer.alloc(0), { chain: 'acme/web', run: 'lost' });
      const refused = await post();
      expect([refused.status, refused.body.code]).toEqual([503, 'UNAVAILABLE']);
      expect(refused.headers.get('retry-after')).not.toBeNull();
      expect((await deployer.get('/links?chain=acme/web&run=lost')).body.links).toEqual([]);
      await s3.restart();
      expect((await post()).status).toBe(201);
    });
  });
});
