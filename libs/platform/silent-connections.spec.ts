import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endSilentConnections } from './silent-connections.js';

/** However it ends: a reset is an end, too. */
const gone = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

describe('a server that closes', () => {
  let server: FastifyInstance;
  let answer: () => void;
  let sockets: Socket[];

  beforeEach(async () => {
    sockets = [];
    server = Fastify({ forceCloseConnections: 'idle' });
    endSilentConnections(server, 1);
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    server.get('/slow', async () => held.then(() => 'answered'));
    await server.listen({ port: 0, host: '127.0.0.1' });
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await server.close();
  });

  /** Somebody who connects, and says this much. */
  const visitor = async (words: string): Promise<{ socket: Socket; heard: () => string }> => {
    const { port } = server.server.address() as { port: number };
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk;
    });
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(words);
    return { socket, heard: () => heard };
  };

  it.each([
    ['nothing', ''],
    ['half the head of a request', 'GET /slow HTTP/1.1\r\nhost: cust'],
  ])('does not wait for who has connected and says %s', async (_, words) => {
    const { socket } = await visitor(words);
    const left = gone(socket);
    await server.close();
    await left;
  });

  it('does not cut off who waits for an answer, whoever says nothing beside him', async () => {
    const silent = await visitor('');
    const asked = once(server.server, 'request');
    const waiting = await visitor('GET /slow HTTP/1.1\r\nhost: custody\r\n\r\n');
    await asked;
    const closed = server.close();
    const left = gone(silent.socket);
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer();
    await Promise.all([closed, left]);
    await expect.poll(waiting.heard).toMatch(/answered$/);
  });
});
