import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem-filter.js';
import { Problem } from './problems.js';
import { isStreaming } from './streamed-body.js';

/** A path that exists, asked with a method that it does not have, is told so, and which methods it has. */
export function refuseOtherMethods(fastify: FastifyInstance): void {
  const methods = new Map<string, string[]>();
  fastify.addHook('onRoute', ({ url, method }) => {
    methods.set(url, [...(methods.get(url) ?? []), ...[method].flat()]);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) {
      done();
      return;
    }
    const [path = ''] = request.url.split('?');
    const allowed = [...methods].flatMap(([pattern, has]) => (fits(pattern, path) ? has : []));
    if (allowed.length === 0) {
      // Here and not later: nothing of the body is read for it.
      sendProblem(new Problem('ROUTE_UNKNOWN'), request, reply);
      return;
    }
    reply.header('allow', [...new Set(allowed)].join(', '));
    sendProblem(new Problem('METHOD_NOT_ALLOWED'), request, reply);
  });
}

/** `/links/:id` fits `/links/` and one more part. */
function fits(pattern: string, path: string): boolean {
  const parts = path.split('/');
  const wanted = pattern.split('/');
  return (
    parts.length === wanted.length &&
    wanted.every((part, at) => part === parts[at] || (part.startsWith(':') && parts[at] !== ''))
  );
}

/** What Node could not read as a request never becomes one; it is answered on the bare connection. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  // A body that ends too early: its answer has begun, and will say so.
  if (socket.writable && isStreaming(socket)) {
    return;
  }
  if (socket.writable && error.code !== 'ECONNRESET') {
    const detail = details[error.code ?? ''];
    const problem = new Problem('REQUEST_MALFORMED', detail ? { detail } : {});
    const body = JSON.stringify(problem.toBody(randomUUID()));
    socket.write(
      `HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroy(error);
}

const details: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: 'The headers are too large.',
  ERR_HTTP_REQUEST_TIMEOUT: 'The request did not arrive in time.',
};
