import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  type MockInstance,
  vi,
} from 'vitest';
import { Readiness } from '#platform/health.js';
import { AnswerCache } from '#verdicts/answer-cache.js';
import type { Client, Reply } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';

const CHAIN = 'acme/web';

/** A verdict that was just read is answered without the framework: nobody may be able to tell. */
describe('a verdict that is asked for again and again', () => {
  let service: Service;
  let gate: Client;
  let given: MockInstance<AnswerCache['peek']>;
  const chain = exampleChain();
  const path = `/verdicts/${chain.imageDigest}`;

  beforeAll(async () => {
    service = await startService();
    await service.operator.found(CHAIN, chain);
    for (const { bytes } of chain.links) {
      await service.operator.postLink(bytes, { chain: CHAIN, run: '1', subject: chain.imageDigest });
    }
    gate = service.operator.as(await service.operator.createToken(['read'], CHAIN));
    await gate.waitForVerdict(chain.imageDigest, 'pass');
  });

  beforeEach(async () => {
    given = vi.spyOn(service.app.get(AnswerCache), 'peek');
    await sleep(1_100);
  });

  afterEach(() => given.mockRestore());

  afterAll(() => service.stop());

  const wasReady = () => given.mock.results.map(({ value }) => value !== undefined);
  const told = ({ status, headers, bytes }: Reply) => {
    const { date, ...others } = Object.fromEntries(headers);
    return { status, headers: others, text: bytes.toString() };
  };

  it('is answered the same, by the framework and without it', async () => {
    const first = await gate.get(path);
    const again = await gate.get(path);
    const named = await gate.get(`${path}?chain=${CHAIN}`);
    expect(wasReady().slice(-2)).toEqual([true, true]);
    expect(first.body.allowed).toBe(true);
    expect([told(again), told(named)]).toEqual([told(first), told(first)]);
  });

  it('is not sent to who has it', async () => {
    const { headers } = await gate.get(path);
    // Without it, fetch asks for what nobody remembers.
    const kept = { 'cache-control': 'max-stale' };
    const call = { headers: { ...kept, 'if-none-match': `W/${headers.get('etag')}` } };
    await sleep(1_100);
    // The token is remembered for less than an answer is.
    await gate.get('/links?limit=1');
    const first = await gate.call(path, call);
    const again = await gate.call(path, call);
    expect(wasReady().slice(-2)).toEqual([false, true]);
    expect(told(again)).toEqual(told(first));
    expect([again.status, again.bytes.length, again.headers.get('etag')]).toEqual([
      304,
      0,
      headers.get('etag'),
    ]);
    expect((await gate.call(path, { headers: { ...kept, 'if-none-match': '"other"' } })).status).toBe(200);
    expect(wasReady().slice(-2)).toEqual([true, true]);
  });

  it('is read anew for who asks for nothing that is remembered', async () => {
    await gate.get(path);
    const before = given.mock.results.length;
    const { status, body } = await gate.call(path, { headers: { 'cache-control': 'no-cache' } });
    expect([status, body.allowed, given.mock.results.length]).toEqual([200, true, before]);
  });

  it('is given to nobody but those who may read it, and to no question but this', async () => {
    const other = exampleChain({ seed: 'other' });
    await service.operator.found('acme/other', other);
    const token = gate.token ?? '';
    const forged = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
    const [ingest, stranger] = await Promise.all([
      service.operator.createToken(['ingest'], CHAIN),
      service.operator.createToken(['read'], 'acme/other'),
    ]);
    const refusals: [Client, string, number][] = [
      [gate.as(undefined), path, 401],
      [gate.as(forged), path, 401],
      [gate.as(ingest), path, 403],
      [gate.as(stranger), path, 404],
      [gate.as(stranger), `${path}?chain=${CHAIN}`, 404],
      [gate, `${path}?chain=acme/other`, 404],
      [gate, `${path}?colour=red`, 400],
      [gate, `${path}?chain=${CHAIN}&chain=${CHAIN}`, 400],
      [gate, `${path}:more`, 400],
      [gate, path.replace('sha256', 'SHA256'), 400],
    ];
    for (const [client, asked, status] of refusals) {
      expect((await gate.get(path)).status).toBe(200);
      await client.get(asked).catch(() => {});
      expect([asked, (await client.get(asked)).status]).toEqual([asked, status]);
    }
    expect(wasReady()).toContain(true);
  });

  it('is counted like every other request', async () => {
    const counted = async (): Promise<number> => {
      const text = (await service.scraper.get('/metrics')).bytes.toString();
      const [, count] =
        /^custody_http_request_seconds_count\{method="GET",route="\/verdicts\/:digest",status="200"\} (\d+)$/m.exec(
          text,
        ) ?? [];
      return Number(count);
    };
    await gate.get(path);
    const before = await counted();
    for (let asked = 0; asked < 3; asked += 1) await gate.get(path);
    expect(wasReady().slice(-3)).toEqual([true, true, true]);
    expect(await counted()).toBe(before + 3);
  });

  it('ends with its token', async () => {
    const token = await service.operator.createToken(['read'], CHAIN);
    const short = gate.as(token);
    for (let asked = 0; asked < 3; asked += 1) expect((await short.get(path)).status).toBe(200);
    const [, id] = token.split('_');
    await service.operator.call(`/tokens/${id}`, { method: 'DELETE' });
    await expect.poll(async () => (await short.get(path)).status, { timeout: 3_000 }).toBe(401);
  });

  it('is not given past the framework to who sends a body, which somebody has to end', async () => {
    await gate.get(path);
    const request = httpRequest(`${service.url}${path}`, {
      headers: {
        authorization: `Bearer ${gate.token}`,
        'content-type': 'application/x-ndjson',
        'transfer-encoding': 'chunked',
      },
    });
    request.on('error', () => undefined).flushHeaders();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect([response.statusCode, response.headers.connection]).toEqual([200, 'close']);
    request.destroy();
  });

  it('tells that the process is about to stop', async () => {
    for (let asked = 0; asked < 2; asked += 1) await gate.get(path);
    service.app.get(Readiness).drain();
    const { status, headers } = await gate.get(path);
    expect([status, headers.get('connection')]).toEqual([200, 'close']);
  });
});
