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
/** The same when the process stops. */
const LAST_FAREWELL_MS = 1_000;
const LOOK_EVERY_MS = 100;

/**
 * What is answered while a body is still coming would be lost on its client if the connection were just closed, and
 * whatever is sent next on a kept one would be taken for the rest of the body. So a small rest is read and thrown away.
 * Otherwise the connection is closed in stages (RFC 9112 9.6): the answer, an end to it, and for a while whatever still
 * comes.
 */
export function leaveBodiesUnread(fastify: FastifyInstance, leaving = new Farewells()): void {
  fastify.server
    .on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      holdBack(request, response);
      fastify.routing(request, response);
    })
    // Node would answer whatever else is expected, past every hook. It may be passed over (RFC 9110 10.1.1).
    .on('checkExpectation', fastify.routing);
  fastify.addHook('onSend', (request, reply, payload, done) => {
    leaveUnread(request, reply, leaving);
    done(null, payload);
  });
  // Who was answered does not keep a process from stopping.
  fastify.addHook('preClose', async () => leaving.hurry());
}

/** Called before an answer is sent; by itself only for what is refused before it has a route, and so no hooks. */
export function leaveUnread(request: FastifyRequest, reply: FastifyReply, leaving: Farewells): void {
  if (hasBody(request.raw) && !request.raw.complete) {
    leave(request, reply, leaving);
  }
}

function leave({ raw, headers }: FastifyRequest, reply: FastifyReply, leaving: Farewells): void {
  const { socket } = raw;
  // Whether all of it will have been read is known at the end of its answer only.
  const isBeingRead = isStreaming(socket);
  const isShort =
    headers['transfer-encoding'] === undefined && Number(headers['content-length']) <= SOON_READ;
  const isKept = isShort && !isBeingRead && !awaitsGoAhead(raw);
  if (!isBeingRead) {
    if (!isKept) reply.header('connection', 'close');
    raw.resume();
  }
  const endAtOnce = endInStages(raw);
  reply.raw.once('finish', () => {
    if (raw.complete) {
      endAtOnce();
      return;
    }
    const over = leaving.begin(socket);
    if (isKept) {
      raw.once('end', over).once('end', endAtOnce);
    } else {
      raw.resume();
      socket.destroySoon();
    }
  });
}

/**
 * Node would close a connection for good with its last answer, and what arrives then makes the client lose it. Returns how
 * to have it so again.
 */
function endInStages(request: IncomingMessage): () => void {
  const { socket } = request;
  const close = socket.destroySoon;
  socket.destroySoon = () => {
    if (request.complete || socket.destroyed) {
      close.call(socket);
      return;
    }
    socket.end();
    request.once('end', () => close.call(socket));
  };
  return () => {
    socket.destroySoon = close;
  };
}

/** Connections that were answered and of which the rest is thrown away, up to a bound in time and bytes. */
export class Farewells {
  private readonly sockets = new Set<Socket>();
  private patienceMs = FAREWELL_MS;

  /** Returns what ends it, for a connection that is kept. */
  begin(socket: Socket): () => void {
    if (this.sockets.has(socket)) {
      return () => undefined;
    }
    this.sockets.add(socket);
    const { bytesRead } = socket;
    const began = performance.now();
    const timer = setInterval(() => {
      const isLong = performance.now() - began > this.patienceMs;
      if (isLong || socket.bytesRead - bytesRead > READ_AT_MOST) socket.destroy();
    }, LOOK_EVERY_MS).unref();
    const over = (): void => {
      clearInterval(timer);
      this.sockets.delete(socket);
    };
    socket.once('close', over);
    return over;
  }

  /** The process stops. */
  hurry(): void {
    this.patienceMs = LAST_FAREWELL_MS;
    for (const socket of this.sockets) socket.destroySoon();
  }
}
