import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markSubjects } from '#persistence/subjects/marks.js';
import { inTransaction } from '#persistence/transaction.js';
import { Build, owner, signedPolicy } from '../attacks/pipeline.js';
import { type Client, expectStatus } from '../support/client.js';
import { type Service, startService } from '../support/service.js';

const FLOOD = 1_000;

describe('a flood of one token', () => {
  let service: Service;
  let operator: Client;
  let flooder: Client;

  beforeAll(async () => {
    service = await startService({ CUSTODY_WORKER_CONCURRENCY: '1', CUSTODY_LOG_LEVEL: 'silent' });
    operator = service.operator;
    for (const chain of ['acme/web', 'acme/shop']) {
      expectStatus(await operator.createChain(chain, owner), 201);
      expectStatus(await operator.postLayout(chain, signedPolicy()), 201);
    }
    flooder = operator.as(await operator.createToken(['ingest'], 'acme/web'));
    await postFlood();
  }, 120_000);

  afterAll(() => service.stop());

  /** Each line is a run of its own, and makes a digest known. */
  const postFlood = async () => {
    const lines = Array.from({ length: FLOOD }, (_, at) => {
      const build = new Build(`flood ${at}`);
      const content = build.link('build').toString('base64');
      return JSON.stringify({ content, run: build.name, subject: build.digest });
    });
    const { bytes } = await flooder.call('/links/batch?chain=acme/web', {
      method: 'POST',
      body: lines.join('\n'),
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(bytes.toString().match(/"status":201/g)).toHaveLength(FLOOD);
  };

  /** As a link of the flooder to each of his runs does, all of them at the same moment. */
  const floodAgain = async () => {
    const [{ id }] = (await service.query<{ id: number }>(
      `select id from chain where name = 'acme/web'`,
    )) as [{ id: number }];
    const [{ principal }] = (await service.query<{ principal: string }>(
      `select id as principal from access_token where scopes = array['ingest'] order by created_at limit 1`,
    )) as [{ principal: string }];
    const subjects = await service.query<{ digest: Buffer }>(
      'select digest from subject where chain_id = $1',
      [id],
    );
    const digests = subjects.map(({ digest }) => digest);
    await inTransaction(service.app.get(DataSource), (tx) => markSubjects(tx, id, digests, principal));
  };
  const marksLeft = async () => (await service.query('select from verification_mark')).length;

  it.each([
    ['another chain', 'acme/shop'],
    ['another token of its chain', 'acme/web'],
  ])(
    'does not make the verdict of %s wait until it is over',
    async (_, chain) => {
      await expect.poll(marksLeft, { timeout: 60_000 }).toBe(0);
      const ci = operator.as(await operator.createToken(['ingest', 'read'], chain));
      const build = new Build(`release of ${chain}`);
      const story = { chain, run: build.name, subject: build.digest };
      const [checkout, built, scan] = build.links as [Buffer, Buffer, Buffer];
      for (const link of [checkout, built]) expectStatus(await ci.postLink(link, story), 201);
      await expect.poll(marksLeft, { timeout: 60_000 }).toBe(0);

      await floodAgain();
      expectStatus(await ci.postLink(scan, story), 201);
      await ci.waitForVerdict(build.digest, 'pass', chain);
      expect(await marksLeft()).toBeGreaterThan(FLOOD / 2);
    },
    120_000,
  );
});
