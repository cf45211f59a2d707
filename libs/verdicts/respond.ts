import type { FastifyReply } from 'fastify';
import type { ReadyAnswer } from './ready-answer.js';

/** Seconds after which asking again about a pending digest makes sense. */
const RETRY_AFTER = '1';

/** Sets status and headers of an answer, and returns its body: none when the client has it already. */
export function respond(
  reply: FastifyReply,
  { isPending, etag, text }: ReadyAnswer,
  ifNoneMatch: string | undefined,
): string | undefined {
  reply.header('etag', etag).header('cache-control', 'private, no-cache').header('vary', 'authorization');
  if (isPending) {
    reply.header('retry-after', RETRY_AFTER);
  }
  if (ifNoneMatch !== undefined && knows(ifNoneMatch, etag)) {
    reply.status(304);
    return undefined;
  }
  reply.status(isPending ? 202 : 200).header('content-type', 'application/json; charset=utf-8');
  return text;
}

/** RFC 9110, 13.1.2: weak comparison, and `*` for whatever there is. */
function knows(ifNoneMatch: string, etag: string): boolean {
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}
