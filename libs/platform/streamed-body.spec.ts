import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BodyBudget } from './body-budget.js';
import { sendProblem, toProblem } from './problem-filter.js';
import { acceptRawBodies, bytesOf } from './request-body.js';
import { chunksOf } from './streamed-body.js';
import { leaveBodiesUnread } from './unread-body.js';
import { answerUnreadable } from './unrouted.js';

const LIMIT = 10_000;
const ndjson = { 'content-type': 'application/x-ndjson' };

describe('a streamed body', () => {
  let server: FastifyInstance;
  let url: string;
  let port: number;

  beforeEach(async () => {
    server = fastify({ clientErrorHandler: answerUnreadable, forceCloseConnections: true });
    leaveBodiesUnread(server);
    acceptRawBodies(server, LIMIT, { receiptMs: 500 });
    server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
    server.post('/held', async ({ body }) => bytesOf(body));
    server.post('/echo', async ({ body }) => Readable.from(echo(chunksOf(body))));
    server.post('/unread', async () => 'that was enough');
    url = await server.listen({ port: 0 });
    port = Number(new URL(url).port);
  });

  afterEach(() => server.close());

  /** What came, and how it ended. */
  async function* echo(chunks: AsyncIterable<Buffer> | Iterable<Buffer>) {
    try {
      yield* chunks;
    } catch (error) {
      yield ` ${toProblem(error).code}`;
    }
  }

  const post = (path: string, body: Uint8Array | string, headers: Record<string, string> = ndjson) =>
    fetch(`${url}${path}`, { method: 'POST', body, headers });

  it.each([
    ['NDJSON', ndjson],
    ['NDJSON with parameters', { 'content-type': 'application/x-ndjson; charset=utf-8' }],
    ['a body that is held', { 'content-type': 'application/json' }],
  ])('is read piece by piece from %s', async (_, headers) => {
    expect(await (await post('/echo', 'a\nb', headers)).text()).toBe('a\nb');
  });

  it('may be larger than anything that is held', async () => {
    const body = 'x'.repeat(50 * LIMIT);
    expect((await (await post('/echo', body)).text()).length).toBe(body.length);
  });

  it('is unpacked, and told from what only pretends to be packed', async () => {
    const headers = { ...ndjson, 'content-encoding': 'gzip' };
    const packed = gzipSync('a line\n'.repeat(10_000));
    expect((await (await post('/echo', packed, headers)).text()).length).toBe(70_000);
    expect(await (await post('/echo', 'plain', headers)).text()).toBe(' ENCODING_INVALID');
    expect(await (await post('/echo', packed.subarray(0, -20), headers)).text()).toMatch(/ENCODING_INVALID$/);
    expect((await post('/echo', 'x', { ...ndjson, 'content-encoding': 'br' })).status).toBe(415);
  });

  it('is told from one that ends too early, by who still listens', async () => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write('POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n');
    socket.write('content-type: application/x-ndjson\r\n\r\na line\n');
    const answer = text(socket);
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.end();
    expect(await answer).toMatch(/^HTTP\/1.1 200 OK[\s\S]*a line\n[\s\S]* BODY_INCOMPLETE/);
  });

  it('leaves the connection usable when nobody wanted it', async () => {
    const socket = connect({ port, host: '127.0.0.1' });
    const head = (path: string, length: number) =>
      `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\ncontent-type: application/x-ndjson\r\n\r\n`;
    socket.write(`${head('/unread', 5 * LIMIT)}${'x'.repeat(5 * LIMIT)}${head('/echo', 5)}hello`);
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk) => (received += chunk));
    await expect.poll(() => received).toMatch(/that was enough[\s\S]*hello/);
    socket.destroy();
    await once(socket, 'close');
  });

  it('is refused where a body is held', async () => {
    expect((await post('/held', 'a\n')).status).toBe(415);
  });

  it('may take its time, unlike one that is held', async () => {
    const slowly = (path: string, type: string) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\nconnection: close\r\n`);
      socket.write(`content-type: ${type}\r\n\r\na li`);
      setTimeout(() => socket.write('ne\n\n'), 1_500);
      return text(socket);
    };
    const [streamed, held] = await Promise.all([
      slowly('/echo', 'application/x-ndjson'),
      slowly('/held', 'application/json'),
    ]);
    expect(streamed).toMatch(/^HTTP\/1.1 200 OK[\s\S]*ne\n/);
    expect(held).toMatch(/^HTTP\/1.1 400 [\s\S]*did not arrive in time/);
  });
});

describe('a streamed body that will not end', () => {
  const pace = { bytes: 10, windowMs: 200, lifetimeMs: 1_200 };
  let server: FastifyInstance;

  beforeEach(async () => {
    server = fastify({ forceCloseConnections: 'idle', return503OnClosing: false });
    acceptRawBodies(server, LIMIT, { pace, lastBodiesMs: 100 });
    leaveBodiesUnread(server);
    server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
    server.post('/', async ({ body }) => Readable.from(count(chunksOf(body, allowed))));
    server.post('/begun', async ({ body }) => Readable.from(begun(chunksOf(body, allowed))));
    server.post('/held', async ({ body }) => bytesOf(body));
    await server.listen({ port: 0 });
  });

  afterEach(() => server.close());

  let allowed: () => Promise<void>;

  async function* count(chunks: AsyncIterable<Buffer> | Iterable<Buffer>) {
    let bytes = 0;
    try {
      for await (const chunk of chunks) bytes += chunk.length;
    } catch (error) {
      yield `${toProblem(error).code} ${bytes > 40}`;
    }
  }

  /** Has begun to answer when the body ends, and is not done for long after that. */
  async function* begun(chunks: AsyncIterable<Buffer> | Iterable<Buffer>) {
    yield 'begun ';
    let ended = '';
    for await (const said of count(chunks)) ended += said;
    await sleep(1_500);
    yield 'answered late ';
    yield ended;
  }

  /** So many bytes every 50 ms, until the answer is there. */
  const drip = async (bytes: string, path = '/', type = 'application/x-ndjson'): Promise<string> => {
    const socket = connect((server.server.address() as { port: number }).port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\ncontent-type: ${type}\r\n\r\n`);
    const timer = setInterval(() => socket.write(bytes), 50);
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
        if (/[A-Z]_[A-Z]|STOPPING/.test(text)) resolve(text);
      });
    });
    clearInterval(timer);
    socket.destroy();
    return answer;
  };

  beforeEach(() => {
    allowed = async () => {};
  });

  it('is ended when it only drips', async () => {
    expect(await drip('\n')).toMatch(/BATCH_TOO_SLOW false/);
  });

  it('is ended at the end of its time, however lively it is', async () => {
    expect(await drip('a line that is long enough\n')).toMatch(/BATCH_TOO_LONG true/);
  });

  it('is ended when it only drips, also where a body is held', async () => {
    expect(await drip('\n', '/held', 'application/json')).toMatch(/^HTTP\/1.1 408 [\s\S]*BODY_TOO_SLOW/);
  });

  it('is answered to the end, however long the answer takes', async () => {
    expect(await drip('a line that is long enough\n', '/begun')).toMatch(
      /begun [\s\S]*answered late [\s\S]*BATCH_TOO_LONG true/,
    );
  });

  it.each([
    ['streamed', '/', 'application/x-ndjson'],
    ['held', '/held', 'application/json'],
  ])('keeps no process from stopping where it is %s', async (_, path, type) => {
    const answer = drip('a line that is long enough\n', path, type);
    await sleep(300);
    const stopped = server.close();
    expect(await answer).toMatch(/STOPPING/);
    await stopped;
  });
});

describe('a client that goes away while its token is looked up', () => {
  it('takes no room from those who come after it', async () => {
    const server = fastify({ forceCloseConnections: true });
    let [lookedUp, unanswered] = [0, 0];
    server.addHook('onRequest', async () => {
      await sleep(200);
      lookedUp += 1;
    });
    const evidence = new BodyBudget({ bytes: 4 * LIMIT, requests: 6 });
    acceptRawBodies(server, LIMIT, { budgets: { evidence, trust: evidence } });
    server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
    server.post('/', async ({ body }) => bytesOf(body));
    const url = await server.listen({ port: 0 });
    for (; unanswered < 10; unanswered += 1) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n');
      socket.write('content-length: 100\r\n\r\n');
      setTimeout(() => socket.destroy(), 50);
    }
    await expect.poll(() => lookedUp).toBe(unanswered);
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(url, { method: 'POST', body: '{}', headers })).status).toBe(200);
    await server.close();
  });
});
