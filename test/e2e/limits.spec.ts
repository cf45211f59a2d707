import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client, Reply } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';

const CHAIN = 'acme/web';
const NOBODYS = `custody_${'0'.repeat(16)}_${'0'.repeat(64)}`;

/** More at once than ten seconds allow. */
const burst = (ask: (nth: number) => Promise<Reply>) =>
  Promise.all(Array.from({ length: 60 }, (_, nth) => ask(nth)));
const refusals = (replies: readonly Reply[]) => replies.filter(({ status }) => status === 429);
const statuses = (replies: readonly Reply[]) => [...new Set(replies.map(({ status }) => status))].sort();

describe('a token that is answered two times a second', () => {
  let service: Service;
  let runaway: Client;
  let gate: Client;
  const chain = exampleChain();

  beforeAll(async () => {
    service = await startService({ CUSTODY_TOKEN_RATE: '2' });
    await service.operator.found(CHAIN, chain);
    runaway = service.operator.as(await service.operator.createToken(['read'], CHAIN));
    gate = service.operator.as(await service.operator.createToken(['read'], CHAIN));
  });

  afterAll(() => service.stop());

  it('is told to wait when its job runs wild', async () => {
    const refused = refusals(await burst(() => runaway.get('/layouts')));
    expect(refused.length).toBeGreaterThan(0);
    for (const { body, headers } of refused) {
      expect(body).toMatchObject({
        code: 'RATE_LIMITED',
        detail: expect.stringContaining('2 times a second'),
      });
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(10);
    }
  });

  it('is told so also when it asks for what it may not', async () => {
    expect(statuses(await burst(() => runaway.get('/replays')))).toContain(429);
  });

  it('is nobody else: the next one is answered', async () => {
    await burst(() => runaway.get('/layouts'));
    expect((await gate.get('/layouts')).status).toBe(200);
  });

  it('may ask for ready verdicts as often as it likes: to refuse them would cost more', async () => {
    await service.operator.postRun(chain, { chain: CHAIN, run: '1', subject: chain.imageDigest });
    await expect
      .poll(() => service.query(`select 1 from verdict where outcome = 'pass'`), { timeout: 20_000 })
      .toHaveLength(1);
    // A verdict is kept ready once it is no longer quite new.
    await sleep(1_500);
    const told: number[] = [];
    for (let asked = 0; asked < 60; asked += 1) {
      told.push((await gate.get(`/verdicts/${chain.imageDigest}`)).status);
    }
    expect([...new Set(told)]).toEqual([200]);
  });
});

describe('an address that may guess once a second', () => {
  let service: Service;
  let holder: Client;

  beforeAll(async () => {
    service = await startService({ CUSTODY_STRANGER_RATE: '1' });
    holder = service.operator;
  });

  afterAll(() => service.stop());

  it.each<[string, string | undefined]>([
    ['no token', undefined],
    ['a token that nobody made', NOBODYS],
    ['what cannot be a token', 'guess'],
  ])('is told to wait when it shows %s too often', async (_, token) => {
    const replies = await burst(() => holder.as(token).get('/chains'));
    expect(statuses(replies)).toContain(429);
    for (const { body, headers } of refusals(replies)) {
      expect(body.code).toBe('RATE_LIMITED');
      expect(headers.get('retry-after')).toMatch(/^([1-9]|10)$/);
    }
  });

  it('is never refused a valid token, not even one that was never seen before', async () => {
    const fresh = await holder.createToken(['read']);
    const [guesses, answers] = await Promise.all([
      burst(() => holder.as(NOBODYS).get('/chains')),
      burst(() => holder.as(fresh).get('/chains')),
    ]);
    expect(statuses(guesses)).toContain(429);
    expect(statuses(answers)).toEqual([200]);
  });

  it('still learns whether the process lives', async () => {
    await burst(() => holder.as(undefined).get('/chains'));
    for (const path of ['/healthz', '/readyz', '/openapi.json']) {
      expect(statuses(await burst(() => holder.as(undefined).get(path)))).toEqual([200]);
    }
    expect(statuses(await burst(() => service.scraper.get('/metrics')))).toEqual([200]);
  });

  it('gets no further by claiming to be forwarded from somewhere else each time', async () => {
    const replies = await burst((nth) => claiming(holder.as(undefined), `192.0.2.${nth}`));
    expect(statuses(replies)).toContain(429);
  });
});

describe('behind a proxy that is trusted', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService({
      CUSTODY_STRANGER_RATE: '1',
      CUSTODY_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8',
    });
  });

  afterAll(() => service.stop());

  it('each address is counted for itself', async () => {
    const anybody = service.operator.as(undefined);
    expect(statuses(await burst(() => claiming(anybody, '192.0.2.1')))).toContain(429);
    expect((await claiming(anybody, '192.0.2.2, 10.1.2.3')).status).toBe(401);
  });

  it('what a client wrote into the header before the proxy counts for nothing', async () => {
    const anybody = service.operator.as(undefined);
    const replies = await burst((nth) => claiming(anybody, `198.51.100.${nth}, 203.0.113.9`));
    expect(statuses(replies)).toContain(429);
  });
});

const claiming = (client: Client, address: string) =>
  client.call('/chains', { headers: { 'x-forwarded-for': address } });
