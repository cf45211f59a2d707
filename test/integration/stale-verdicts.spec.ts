import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client, expectStatus } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type Service, startService } from '../support/service.js';
import { layout, signMetablock } from '../support/supply-chain.js';
import { startTcpGate, type TcpGate } from '../support/tcp-gate.js';

/** What is promised to whoever revokes trust. */
const WITHIN_MS = 2_000;

describe('an allowing answer, kept in every process', () => {
  let database: TestDatabase;
  let gate: TcpGate;
  let service: Service;
  let another: Service;
  let gateOfAnother: Client;

  beforeAll(async () => {
    database = await createDatabase();
    gate = await startTcpGate(database.url);
    service = await startService({ DATABASE_URL: database.url });
    another = await startService({ DATABASE_URL: gate.url, CUSTODY_DATA_DIR: service.dataDir });
    gateOfAnother = new Client(another.url, service.operator.token);
  });

  afterAll(async () => {
    gate.open();
    await another.stop();
    await service.stop();
    await gate.stop();
    await database.drop();
  });

  /** A chain whose image is allowed, and asked for all the time. */
  const allowed = async (chain: string) => {
    const example = exampleChain({ seed: chain });
    await service.operator.found(chain, example);
    await service.operator.postRun(example, { chain, run: '1', subject: example.imageDigest });
    for (const client of [service.operator, gateOfAnother]) {
      await client.waitForVerdict(example.imageDigest, 'pass', chain);
    }
    const policy = layout({ readme: 'another' }).step('tag', {
      by: example.functionaries.bob,
      command: 'git tag',
    });
    const another = signMetablock(policy.toPayload(), example.owner);
    const changeTrust = async () => expectStatus(await service.operator.postLayout(chain, another), 201);
    return { example, changeTrust };
  };

  /** Asks for a while; how long after the start the last answer was given that allows the image. */
  const lastAllowed = async (client: Client, digest: string, chain: string): Promise<number> => {
    const start = Date.now();
    let last = 0;
    while (Date.now() < start + WITHIN_MS + 500) {
      const asked = client.verdict(digest, chain).then(({ body }) => {
        if (body.allowed === true) last = Date.now() - start;
      });
      await Promise.race([asked, sleep(200)]);
    }
    return last;
  };

  it('is not given any more, soon after the chain has another layout', async () => {
    const { example, changeTrust } = await allowed('acme/hinted');
    await changeTrust();
    const lasts = await Promise.all(
      [service.operator, gateOfAnother].map((client) =>
        lastAllowed(client, example.imageDigest, 'acme/hinted'),
      ),
    );
    expect(Math.max(...lasts)).toBeLessThan(WITHIN_MS / 2);
  });

  it('is not given any more by a process that no hint reaches', async () => {
    const { example, changeTrust } = await allowed('acme/unhinted');
    gate.shut();
    await changeTrust();
    expect(await lastAllowed(gateOfAnother, example.imageDigest, 'acme/unhinted')).toBeLessThan(WITHIN_MS);
    gate.open();
  });
});
