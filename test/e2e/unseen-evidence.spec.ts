import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client, expectStatus } from '../support/client.js';
import { type ExampleChain, exampleChain } from '../support/example-chain.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type Program, startProgram } from '../support/program.js';
import { type Service, startService } from '../support/service.js';
import { createKey, link, signMetablock } from '../support/supply-chain.js';

const RUN = '1';

/** Bob's build of the image once more, with another result: it contradicts what passed. */
const contradiction = ({ functionaries: { bob } }: ExampleChain): Buffer =>
  signMetablock(link('build', { products: { 'bin/app': 'another application' } }), bob);

async function passed(operator: Client, name: string): Promise<ExampleChain> {
  const chain = exampleChain({ seed: name });
  await operator.found(name, chain);
  await operator.postRun(chain, { chain: name, run: RUN, subject: chain.imageDigest });
  await operator.waitForVerdict(chain.imageDigest, 'pass', name);
  return chain;
}

describe('a pass, after which evidence came', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  it('is not answered any more once the evidence is acknowledged, however soon somebody asks', async () => {
    const { operator } = service;
    const chain = await passed(operator, 'acme/at-once');
    const answers: unknown[] = [];
    for (let n = 1; n <= 10; n += 1) {
      // Kept ready for whoever asks next.
      await operator.waitForVerdict(chain.imageDigest, 'pass', 'acme/at-once');
      const begun = signMetablock(link('tag', { products: { [`src/${n}`]: '' } }), chain.functionaries.alice);
      const circumstances = { chain: 'acme/at-once', run: `begun ${n}`, subject: chain.imageDigest };
      expectStatus(await operator.postLink(begun, circumstances), 201);
      answers.push((await operator.verdict(chain.imageDigest, 'acme/at-once')).body.allowed);
    }
    expect(answers).not.toContain(true);
    // None of them says anything against it.
    await operator.waitForVerdict(chain.imageDigest, 'pass', 'acme/at-once');
  });

  it('stands beside what nobody signed who may: that changes nothing', async () => {
    const { operator } = service;
    const chain = await passed(operator, 'acme/forged');
    const stranger = createKey('ed25519', { seed: 'stranger' });
    const answers: unknown[] = [];
    for (let n = 1; n <= 20; n += 1) {
      const forged = signMetablock(link('build', { products: { 'bin/app': `forged ${n}` } }), stranger);
      expectStatus(await operator.postLink(forged, { chain: 'acme/forged', run: RUN }), 201);
      answers.push((await operator.verdict(chain.imageDigest, 'acme/forged')).body.allowed);
    }
    expect(answers).not.toContain(false);
  });

  it('stands when a file of it is posted once more, with a run or without', async () => {
    const { operator } = service;
    const chain = await passed(operator, 'acme/again');
    const [first] = chain.links;
    const file = first?.bytes ?? Buffer.alloc(0);
    expectStatus(await operator.postLink(file, { chain: 'acme/again', run: RUN }), 200);
    expect((await operator.verdict(chain.imageDigest, 'acme/again')).body.allowed).toBe(true);
    await operator.postLink(file, { chain: 'acme/again' });
    await operator.waitForVerdict(chain.imageDigest, 'pass', 'acme/again');
    expectStatus(await operator.postLink(file, { chain: 'acme/again' }), 200);
    expect((await operator.verdict(chain.imageDigest, 'acme/again')).body.allowed).toBe(true);
  });
});

describe('a pass, after which evidence came while no worker lives', () => {
  let database: TestDatabase;
  let service: Service;
  const started: Program[] = [];
  let uploads: Client;
  let gate: Client;
  let chain: ExampleChain;

  beforeAll(async () => {
    database = await createDatabase();
    service = await startService({ DATABASE_URL: database.url });
    chain = await passed(service.operator, 'acme/web');
    const { token } = service.operator;
    const environment = { DATABASE_URL: database.url, CUSTODY_DATA_DIR: service.dataDir };
    // The worker is in the process that ends now.
    await service.app.close();
    for (const name of ['ingest-api', 'query-api']) started.push(await startProgram(name, environment));
    [uploads, gate] = started.map(({ url }) => new Client(url, token)) as [Client, Client];
  });

  afterAll(async () => {
    for (const program of started) await program.end('SIGTERM');
    await database.drop();
    await service.stop();
  });

  it('is pending in other processes a second later, and stays so', async () => {
    expect((await gate.verdict(chain.imageDigest, 'acme/web')).body.allowed).toBe(true);
    expectStatus(
      await uploads.postLink(contradiction(chain), { chain: 'acme/web', run: RUN, attempt: 2 }),
      201,
    );
    const headers = { 'cache-control': 'no-cache' };
    const path = `/verdicts/${chain.imageDigest}?chain=acme/web`;
    const asked = await gate.call(path, { headers });
    expect(asked.status).toBe(202);
    expect(asked.body).toMatchObject({
      verdict: 'pending',
      allowed: false,
      findings: [{ code: 'EVIDENCE_NOT_LOOKED_AT' }],
    });
    await expect
      .poll(async () => (await gate.verdict(chain.imageDigest, 'acme/web')).body.allowed)
      .toBe(false);
  });
});
