import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BodyBudget } from './body-budget.js';
import { Problem } from './problems.js';

const inflate = promisify(gunzip);

const accepted = /^application\/(?:json|octet-stream|x-ndjson|[\w.-]+\+json)(?:$|[; ])/;

/**
 * Bodies reach the handlers as the exact bytes that the client meant: undone Content-Encoding, nothing else. The limit
 * counts what comes out of the decompressor, so that a small bomb is refused while it unfolds.
 */
export function acceptRawBodies(fastify: FastifyInstance, limitBytes: number): void {
  const budget = new BodyBudget(limitBytes);
  budget.guard(fastify);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    accepted,
    { parseAs: 'buffer', bodyLimit: limitBytes },
    async (request: FastifyRequest, body: Buffer) => {
      const decoded = await decode(body, request.headers['content-encoding'], limitBytes);
      budget.settle(request, decoded.length);
      return decoded;
    },
  );
}

async function decode(body: Buffer, encoding: string | undefined, limitBytes: number): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') {
    return body;
  }
  if (encoding !== 'gzip') {
    throw new Problem('ENCODING_UNSUPPORTED');
  }
  try {
    return await inflate(body, { maxOutputLength: limitBytes });
  } catch (error) {
    const tooLarge = (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
    throw new Problem(tooLarge ? 'BODY_TOO_LARGE' : 'ENCODING_INVALID', { cause: error });
  }
}

/** The body of a request as bytes; a coded refusal when there is none. */
export function bytesOf(body: unknown): Buffer {
  if (!Buffer.isBuffer(body) || body.length === 0) {
    throw new Problem('BODY_MISSING');
  }
  return body;
}
