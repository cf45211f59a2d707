import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type Program, runProgram, startProgram } from '../support/program.js';
import { ReplayWorld, type Target } from './replay-world.js';

/** What a killed worker held comes back after half a minute, and the machine may be busy. */
const PATIENT = 240_000;

describe('a replay whose worker is killed', () => {
  let database: TestDatabase;
  let dataDir: string;
  let environment: Record<string, string>;
  let programs: Program[];
  let worker: Program;
  let operators: Client[];
  let target: Target;
  let sql: pg.Client;
  const idOf = ({ body }: { body: Record<string, unknown> }): string => String(body.id);

  beforeAll(async () => {
    database = await createDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'custody-test-replays-'));
    environment = { DATABASE_URL: database.url, CUSTODY_DATA_DIR: dataDir };
    sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
    const scopes = ['--scope', 'ingest', 'read', 'operate'];
    const tokens = await Promise.all(
      ['one', 'two'].map((name) => runProgram('token', environment, ['create', '--name', name, ...scopes])),
    );
    programs = await Promise.all(['ingest-api', 'query-api'].map((name) => startProgram(name, environment)));
    worker = await startProgram('verify-worker', environment);
    const [api, queries] = programs;
    operators = tokens.map((output) => new Client(api?.url ?? '', /custody_\w+/.exec(output)?.[0]));
    const [operator] = operators as [Client];
    target = {
      operator,
      deployer: new Client(queries?.url ?? '', operator.token),
      query: async (text, values) => (await sql.query(text, values)).rows,
    };
  }, 120_000);

  afterAll(async () => {
    await sql.end();
    for (const program of [...programs, worker]) await program.end('SIGTERM');
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** A chain where a replay has something to say. */
  const distrusted = async (chain: string, images: number): Promise<ReplayWorld> => {
    const acme = await new ReplayWorld(target, chain).found();
    await acme.images(images);
    await acme.suspendAlice();
    return acme;
  };

  const killWorker = () => worker.end('SIGKILL');
  const startWorker = async () => {
    worker = await startProgram('verify-worker', environment);
  };

  /** Holds rows so that the worker waits in the middle of something, and kills it there. */
  const killWhileItWaitsFor = async (rows: string, values: unknown[], begin: () => Promise<unknown>) => {
    await sql.query('begin');
    await sql.query(`${rows} for update`, values);
    const begun = await begin();
    await expect.poll(someoneWaits, { timeout: 20_000 }).toBe(true);
    await killWorker();
    await sql.query('rollback');
    return begun;
  };

  const someoneWaits = async (): Promise<boolean> =>
    (
      await sql.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      )
    ).rows.length > 0;

  /** Applied once and for all: each image has one verdict more, found by the replay. */
  const expectAppliedOnce = async (acme: ReplayWorld, id: string): Promise<void> => {
    const images = acme.digests.length;
    const { body } = await acme.until(id, 'ready');
    expect(body).toMatchObject({ total: images, done: images, changed: images, flips: images, errors: 0 });
    await acme.act(id, 'approve', {}, operators[1]);
    await acme.act(id, 'apply', { planDigest: body.planDigest });
    await acme.until(id, 'applied');
    expect(await acme.storedVerdicts()).toBe(2 * images);
    expect(await acme.answers()).toEqual(acme.digests.map(() => 'pending'));
    const rows = await acme.query<{ kind: string }>(
      `select kind from trust_event where body ->> 'replay' = $1 order by seq`,
      [id],
    );
    expect(rows.map(({ kind }) => kind)).toEqual(['replay-planned', 'replay-approved', 'replay-applied']);
  };

  it(
    'while it plans: is planned as a whole',
    async () => {
      const acme = await distrusted('acme/planning', 5);
      // The subjects of the plan cannot be written while somebody else holds the table.
      await sql.query('begin');
      await sql.query('lock table replay_item in share mode');
      const id = idOf(await acme.plan());
      await expect.poll(someoneWaits, { timeout: 20_000 }).toBe(true);
      await killWorker();
      await sql.query('rollback');
      expect((await target.operator.get(`/replays/${id}`)).body).toMatchObject({
        state: 'planning',
        total: 0,
      });
      await startWorker();
      await expectAppliedOnce(acme, id);
    },
    PATIENT,
  );

  it(
    'while it verifies: every subject is verified, and none stored twice',
    async () => {
      const acme = await distrusted('acme/verifying', 40);
      const id = idOf(await acme.plan({ rate: 10 }));
      const done = async () => Number((await target.operator.get(`/replays/${id}`)).body.done);
      await expect.poll(done, { timeout: 20_000 }).toBeGreaterThan(0);
      await killWorker();
      expect(await done()).toBeLessThan(40);
      await startWorker();
      await expectAppliedOnce(acme, id);
    },
    PATIENT,
  );

  it(
    'while it applies: is applied as a whole, once',
    async () => {
      const acme = await distrusted('acme/applying', 5);
      const id = idOf(await acme.plan());
      const { planDigest } = (await acme.until(id, 'ready')).body;
      await acme.act(id, 'approve', {}, operators[1]);
      const chain = 'select from replay_chain where replay_id = $1';
      await killWhileItWaitsFor(chain, [id], () => acme.act(id, 'apply', { planDigest }));
      const { body } = await target.operator.get(`/replays/${id}`);
      expect(body).toMatchObject({ state: 'applying', chains: [{ switchedAt: null }] });
      await startWorker();
      await acme.until(id, 'applied');
      expect(await acme.answers()).toEqual(acme.digests.map(() => 'pending'));
      expect(await acme.storedVerdicts()).toBe(10);
    },
    PATIENT,
  );
});
