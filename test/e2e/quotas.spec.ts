import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDataSource } from '#persistence/data-source.js';
import { chargeUsage } from '#persistence/tokens/charge-usage.js';
import type { Client } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { createDatabase } from '../support/postgres.js';
import { type Service, startService } from '../support/service.js';

const CHAIN = 'acme/web';

/** Links that were never posted before, as one line each. */
let seeds = 0;
function newLinks(count: number): Buffer[] {
  return Array.from({ length: count }, () => {
    seeds += 1;
    return exampleChain({ seed: `quota ${seeds}` }).links[0]?.bytes ?? Buffer.alloc(0);
  });
}
const newLink = () => newLinks(1)[0] ?? Buffer.alloc(0);

describe('a token that may post three links a day', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService({ CUSTODY_QUOTA_LINKS: '3' });
    await service.operator.found(CHAIN, exampleChain());
  });

  afterAll(() => service.stop());

  const newJob = async (of: { principal?: string } = {}) =>
    service.operator.as(await service.operator.createToken(['ingest'], CHAIN, of));
  const post = async (job: Client) => (await job.postLink(newLink(), { chain: CHAIN })).status;
  const postFour = async (job: Client) => [
    await post(job),
    await post(job),
    await post(job),
    await post(job),
  ];

  it('is refused the fourth, until midnight', async () => {
    const job = await newJob();
    expect(await postFour(job)).toEqual([201, 201, 201, 429]);
    const { body, headers } = await job.postLink(newLink(), { chain: CHAIN });
    expect(body).toMatchObject({ code: 'QUOTA_EXCEEDED', detail: expect.stringContaining('3 links a day') });
    const wait = Number(headers.get('retry-after'));
    expect(wait).toBeGreaterThanOrEqual(1);
    expect(wait).toBeLessThanOrEqual(86_400);
  });

  it('stores nothing of what it is refused', async () => {
    const job = await newJob();
    await postFour(job);
    const before = await service.blobs();
    expect(await post(job)).toBe(429);
    expect(await service.blobs()).toEqual(before);
  });

  it('takes nothing from another, not even of its own principal', async () => {
    for (const of of [{}, { principal: 'nightly' }]) {
      await postFour(await newJob(of));
      expect(await post(await newJob(of))).toBe(201);
    }
  });

  it('gets no more by posting at once', async () => {
    const job = await newJob();
    const posted = await Promise.all(Array.from({ length: 20 }, () => post(job)));
    expect(posted.filter((status) => status === 201)).toHaveLength(3);
    expect(posted.filter((status) => status === 429)).toHaveLength(17);
  });

  it('gets no more by posting a batch: each line is taken or refused for itself', async () => {
    const job = await newJob();
    const lines = newLinks(5).map((bytes) => JSON.stringify({ content: bytes.toString('base64') }));
    const { bytes } = await job.post(`/links/batch?chain=${CHAIN}`, lines.join('\n'), {
      'content-type': 'application/x-ndjson',
    });
    const answers = `${bytes}`.trim().split('\n');
    expect(answers.filter((line) => line.includes('"status":201'))).toHaveLength(3);
    expect(answers.filter((line) => line.includes('"code":"QUOTA_EXCEEDED"'))).toHaveLength(2);
  });

  it('is not charged for what is no link', async () => {
    const job = await newJob();
    for (const nonsense of ['{}', '[]']) {
      expect((await job.postLink(Buffer.from(nonsense), { chain: CHAIN })).status).toBe(422);
    }
    expect(await postFour(job)).toEqual([201, 201, 201, 429]);
  });

  it('is refused after a restart as before, and not the day after', async () => {
    const job = await newJob();
    await postFour(job);
    await service.restart();
    const again = () => service.operator.as(job.token);
    expect(await post(again())).toBe(429);
    await service.query('update token_usage set day = day - 1');
    await service.restart();
    expect(await post(again())).toBe(201);
  });
});

describe('a token that may post so many bytes a day', () => {
  it('is refused a link that would be more, and still posts a smaller one', async () => {
    const [first, second] = newLinks(2) as [Buffer, Buffer];
    const service = await startService({ CUSTODY_QUOTA_BYTES: String(first.length + second.length) });
    const { operator } = service;
    await operator.found(CHAIN, exampleChain());
    const larger = Buffer.concat([second, Buffer.from('\n\n')]);
    const statuses = [];
    for (const bytes of [first, larger, second, first]) {
      const { status, body } = await operator.postLink(bytes, { chain: CHAIN });
      statuses.push(status === 429 ? body.code : status);
    }
    expect(statuses).toEqual([201, 'QUOTA_EXCEEDED', 201, 'QUOTA_EXCEEDED']);
    await service.stop();
  });
});

describe('two processes that share a quota', () => {
  it('never give out more of it together than there is', async () => {
    const database = await createDatabase();
    const processes = await Promise.all([1, 2].map(() => createDataSource(database.url, 4).initialize()));
    const allowed = { links: 30, bytes: 1_000_000 };
    const charges = Array.from({ length: 80 }, (_, nth) => {
      const source = processes[nth % 2] as (typeof processes)[number];
      return chargeUsage(source, 'token', { links: 1, bytes: 10 }, allowed);
    });
    const outcomes = await Promise.all(charges);
    expect(outcomes.filter(({ fits }) => fits)).toHaveLength(30);
    const rows = await processes[0]?.query('select links, bytes from token_usage');
    expect(rows).toEqual([{ links: '30', bytes: '300' }]);
    await Promise.all(processes.map((source) => source.destroy()));
    await database.drop();
  });
});

describe('without quotas', () => {
  it('nothing is counted', async () => {
    const service = await startService();
    await service.operator.found(CHAIN, exampleChain());
    expect((await service.operator.postLink(newLink(), { chain: CHAIN })).status).toBe(201);
    expect(await service.query('select from token_usage')).toEqual([]);
    await service.stop();
  });
});
