import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BodyBudget } from './body-budget.js';

const LIMIT = 1_000;

describe('the budget of bodies', () => {
  let server: FastifyInstance;
  let url: string;
  let finish: () => void;

  beforeEach(async () => {
    const finished = new Promise<void>((resolve) => (finish = resolve));
    server = Fastify({ bodyLimit: LIMIT, forceCloseConnections: true });
    const budget = new BodyBudget(LIMIT, 3 * LIMIT, 20);
    budget.guard(server);
    server.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
      budget.settle(request, body.length);
      return body;
    });
    server.setErrorHandler((error: { status?: number }, _, reply) =>
      reply.status(error.status ?? 500).send(),
    );
    server.post('/', async () => {
      await finished;
      return 'ok';
    });
    url = await server.listen({ port: 0 });
  });

  afterEach(() => server.close());

  const post = async (bytes: number): Promise<number> => {
    const headers = { 'content-type': 'application/octet-stream' };
    return (await fetch(url, { method: 'POST', headers, body: Buffer.alloc(bytes) })).status;
  };
  const postMany = async (count: number, bytes: number) => {
    const posts = Array.from({ length: count }, () => post(bytes));
    await sleep(200);
    const late = await post(bytes);
    finish();
    return [late, ...new Set(await Promise.all(posts))];
  };

  it('refuses what would be too many bytes, and nothing of what was accepted', async () => {
    expect(await postMany(3, LIMIT)).toEqual([503, 200]);
    expect(await post(LIMIT)).toBe(200);
  });

  it('refuses what would be too many requests', async () => {
    expect(await postMany(20, 1)).toEqual([503, 200]);
    expect(await post(1)).toBe(200);
  });

  it('gets back what a client took that went away in the middle of its body', async () => {
    for (let i = 0; i < 3; i += 1) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${LIMIT}\r\n`);
      socket.write('content-type: application/octet-stream\r\n\r\nhalf');
      await sleep(50);
      socket.destroy();
    }
    finish();
    await expect.poll(() => post(LIMIT)).toBe(200);
    expect(await postMany(2, LIMIT)).toEqual([200, 200]);
  });
});
