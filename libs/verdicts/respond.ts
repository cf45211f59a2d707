import type { FastifyReply } from 'fastify';
import type { ReadyAnswer } from './ready-answer.js';

/** Seconds after which asking again about a pending digest makes sense. */
const RETRY_AFTER = '1';

/** An answer as HTTP has it. */
export interface Response {
  readonly status: 200 | 202 | 304;
  /** Names and values by turns. */
  readonly headers: readonly string[];
  readonly body: string | undefined;
}

/** The response to a client that may have the answer already. */
export function responseOf(
  { isPending, etag, text }: ReadyAnswer,
  ifNoneMatch: string | undefined,
): Response {
  const isKnown = ifNoneMatch !== undefined && knows(ifNoneMatch, etag);
  return {
    status: isKnown ? 304 : isPending ? 202 : 200,
    headers: [
      ...['etag', etag, 'cache-control', 'private, no-cache', 'vary', 'authorization'],
      ...(isPending ? ['retry-after', RETRY_AFTER] : []),
      ...(isKnown ? [] : ['content-type', 'application/json; charset=utf-8']),
    ],
    body: isKnown ? undefined : text,
  };
}

/** Sets status and headers, and returns the body: none when the client has it already. */
export function respond(reply: FastifyReply, { status, headers, body }: Response): string | undefined {
  reply.status(status);
  for (let at = 0; at < headers.length; at += 2) {
    reply.header(headers[at] ?? '', headers[at + 1]);
  }
  return body;
}

/** The same past Fastify, which would look at each header, and at what may be done with the body. */
export function respondAtOnce(reply: FastifyReply, { status, headers, body }: Response): void {
  const length = body === undefined ? [] : ['content-length', String(Buffer.byteLength(body))];
  reply.hijack();
  reply.raw.writeHead(status, [...headers, ...length]).end(body);
}

/** Whether an answer of a moment ago will do for a request with this `Cache-Control` (RFC 9111, 5.2.1.4). */
export function mayBeKept(cacheControl: string | undefined): boolean {
  return cacheControl === undefined || !/\bno-cache\b/i.test(cacheControl);
}

/** RFC 9110, 13.1.2: weak comparison, and `*` for whatever there is. */
function knows(ifNoneMatch: string, etag: string): boolean {
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}
