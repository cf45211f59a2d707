import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from './config.js';
import { countAnswers, HeldAnswers } from './held-answers.js';
import { sendProblem } from './problem-filter.js';

const MIB = 1024 * 1024;

describe('answers that nobody reads', () => {
  let server: FastifyInstance;
  const sockets: Socket[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.close();
  });

  /** Answers 10 MiB at `/large?chain=`, and a word elsewhere; room for answers is that of a service with small links. */
  async function start(): Promise<void> {
    server = Fastify({ forceCloseConnections: true });
    countAnswers(server, new HeldAnswers({ limits: { linkBytes: 1_024 } } as Config));
    server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
    server.get('/large', () => Buffer.alloc(10 * MIB));
    server.get('/', () => 'ok');
    await server.listen({ host: '127.0.0.1', port: 0 });
  }

  async function askAndReadNothing(chain: string): Promise<void> {
    const { port } = server.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1').pause();
    socket.on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(`GET /large?chain=${chain} HTTP/1.1\r\nhost: custody\r\n\r\n`);
  }

  const ask = async (path: string): Promise<number> => {
    const { port } = server.server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    await response.arrayBuffer();
    return response.status;
  };

  it('are held up to a share, beyond which whoever asks is told to come back; small ones are answered', async () => {
    await start();
    for (let n = 0; n < 12; n += 1) await askAndReadNothing('greedy');
    await expect.poll(() => ask('/large?chain=greedy')).toBe(503);
    expect(await ask('/?chain=greedy')).toBe(200);
  });

  it('make room when their connections end', async () => {
    await start();
    for (let n = 0; n < 12; n += 1) await askAndReadNothing('greedy');
    await expect.poll(() => ask('/large?chain=greedy')).toBe(503);
    for (const socket of sockets.splice(0)) socket.destroy();
    await expect.poll(() => ask('/large?chain=greedy')).toBe(200);
  });

  it('and were read leave nothing behind', async () => {
    await start();
    for (let n = 0; n < 30; n += 1) expect(await ask('/large?chain=patient')).toBe(200);
  });
});
