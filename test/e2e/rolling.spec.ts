import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Build, owner, signedPolicy } from '../attacks/pipeline.js';
import { type Balancer, startBalancer } from '../support/balancer.js';
import { Client, expectStatus } from '../support/client.js';
import { component } from '../support/components.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type Program, runProgram, startProgram } from '../support/program.js';
import { startRedis } from '../support/redis.js';

const CHAIN = 'acme/web';
const AT_ONCE = 4;
/** Less than the lease of a claim: a verdict that had to wait for the end of one is late. */
const LATE = 20_000;

component('redis-server')('under a steady load', () => {
  let database: TestDatabase;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let dataDir: string;
  let environment: Record<string, string>;
  let ingest: Balancer;
  let query: Balancer;
  const running = new Map<string, Program>();
  let ci: Client;
  let deployer: Client;

  beforeAll(async () => {
    [database, redis, ingest, query] = await Promise.all([
      createDatabase(),
      startRedis(),
      startBalancer(),
      startBalancer(),
    ]);
    dataDir = await mkdtemp(join(tmpdir(), 'custody-test-rolling-'));
    environment = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      CUSTODY_DATA_DIR: dataDir,
      CUSTODY_LOG_LEVEL: 'warn',
      CUSTODY_DRAIN_SECONDS: '1',
    };
    const scopes = ['--scope', 'ingest', 'read', 'operate'];
    const token = await runProgram('token', environment, ['create', '--name', 'operator', ...scopes]);
    for (const name of ['ingest-api', 'query-api', 'verify-worker']) {
      running.set(name, await startProgram(name, environment));
    }
    await ingest.add(running.get('ingest-api')?.url ?? '');
    await query.add(running.get('query-api')?.url ?? '');
    ci = new Client(ingest.url, /custody_\w+/.exec(token)?.[0]);
    deployer = new Client(query.url, ci.token);
    expectStatus(await ci.createChain(CHAIN, owner), 201);
    expectStatus(await ci.postLayout(CHAIN, signedPolicy()), 201);
  }, 120_000);

  afterAll(async () => {
    const ended = await Promise.all([...running.values()].map((program) => program.end('SIGTERM')));
    await Promise.all([ingest?.stop(), query?.stop(), redis?.stop()]);
    await database?.drop();
    await rm(dataDir, { recursive: true, force: true });
    expect(ended).toEqual(ended.map(() => 0));
  });

  /** A new process starts, then the old one is told to stop: what an orchestrator does. */
  const replace = async (name: string, balancer?: Balancer): Promise<void> => {
    const old = running.get(name);
    const next = await startProgram(name, environment);
    running.set(name, next);
    await balancer?.add(next.url);
    expect(await old?.end('SIGTERM')).toBe(0);
    balancer?.remove(old?.url ?? '');
  };

  /** Pipelines post and deploy tools ask, over kept connections, for as long as `meanwhile` takes. */
  const underLoad = async (name: string, meanwhile: () => Promise<void>): Promise<number> => {
    let over = false;
    let builds = 0;
    const pipelines = Array.from({ length: AT_ONCE }, async () => {
      while (!over) {
        builds += 1;
        const build = new Build(`${name} ${builds}`);
        for (const link of build.links) {
          expectStatus(
            await ci.postLink(link, { chain: CHAIN, run: build.name, subject: build.digest }),
            201,
          );
        }
        await deployer.waitForVerdict(build.digest, 'pass', CHAIN, LATE);
      }
    });
    const replaced = meanwhile().finally(() => {
      over = true;
    });
    await Promise.all([...pipelines, replaced]);
    return builds;
  };

  it.each(['ingest-api', 'query-api', 'verify-worker'])(
    'replacing %s fails no request and delays no verdict',
    async (name) => {
      const balancer = { 'ingest-api': ingest, 'query-api': query }[name];
      const builds = await underLoad(name, async () => {
        for (let time = 0; time < 3; time += 1) {
          await replace(name, balancer);
          await sleep(500);
        }
      });
      expect(builds).toBeGreaterThan(3 * AT_ONCE);
    },
    240_000,
  );
});
