import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { awaitsGoAhead, hasBody, holdBack } from './announced-body.js';
import { isStreaming } from './streamed-body.js';

/** A body of which no more than this is left is read to its end, and its connection kept. */
const SOON_READ = 256 * 1024;
/** What else may still come before a connection is cut: as much as clients send that do not look for an answer meanwhile. */
const READ_AT_MOST = 64 * 1024 * 1024;
const FAREWELL_MS = 10_000;
const LOOK_EVERY_MS = 100;

/**
 * What is answered while a body is still coming would be lost on its client if the connection were just closed, and
 * whatever is sent next on a kept one would be taken for the rest of the body. So a small rest is read and thrown away.
 * Otherwise the connection is closed in stages (RFC 9112 9.6): the answer, an end to it, and for a while whatever still
 * comes.
 */
export function leaveBodiesUnread(fastify: FastifyInstance): void {
  const leaving = new Set<Socket>();
  fastify.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    holdBack(request, response);
    fastify.routing(request, response);
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (hasBody(request.raw) && !request.raw.complete && !isStreaming(request.raw.socket)) {
      leave(request, reply, leaving);
    }
    done(null, payload);
  });
  // Who was answered does not keep a process from stopping.
  fastify.addHook('preClose', async () => {
    for (const socket of leaving) socket.destroySoon();
    setTimeout(() => {
      for (const socket of leaving) socket.destroy();
    }, LOOK_EVERY_MS).unref();
  });
}

function leave({ raw, headers }: FastifyRequest, reply: FastifyReply, leaving: Set<Socket>): void {
  const { socket } = raw;
  if (leaving.has(socket)) {
    return;
  }
  const isShort =
    headers['transfer-encoding'] === undefined && Number(headers['content-length']) <= SOON_READ;
  const isClosing = !isShort || awaitsGoAhead(raw) || reply.getHeader('connection') === 'close';
  if (isClosing) {
    reply.header('connection', 'close');
    endInStages(raw);
  }
  leaving.add(socket);
  const read = socket.bytesRead;
  const deadline = performance.now() + FAREWELL_MS;
  const timer = setInterval(() => {
    if (performance.now() > deadline || socket.bytesRead - read > READ_AT_MOST) socket.destroy();
  }, LOOK_EVERY_MS).unref();
  const over = (): void => {
    clearInterval(timer);
    leaving.delete(socket);
  };
  socket.once('close', over);
  if (!isClosing) raw.once('end', over);
  raw.resume();
}

/** Node would close a connection for good with its last answer, and what arrives then makes the client lose it. */
function endInStages(request: IncomingMessage): void {
  const { socket } = request;
  const close = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    if (request.complete || socket.destroyed) {
      close();
      return;
    }
    socket.end();
    request.once('end', close);
  };
}
