import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BodyBudget } from './body-budget.js';
import { Problem } from './problems.js';
import { StreamedBody } from './streamed-body.js';
import { answerUnreadable } from './unrouted.js';

const inflate = promisify(gunzip);

const accepted = /^application\/(?:json|octet-stream|[\w.-]+\+json)(?:$|[; ])/;
const streamed = /^application\/x-ndjson(?:$|[; ])/;

/** A body that is held must be there in this time. */
const RECEIPT_MS = 60_000;

/**
 * Bodies reach the handlers as the exact bytes that the client meant: undone Content-Encoding, nothing else. The limit
 * counts what comes out of the decompressor, so that a small bomb is refused while it unfolds. NDJSON reaches them as it
 * arrives: it has no limit as a whole, and whoever reads it holds no more of it at a time than the limit.
 */
export function acceptRawBodies(fastify: FastifyInstance, limitBytes: number, receiptMs = RECEIPT_MS): void {
  const budget = new BodyBudget(limitBytes);
  budget.guard(fastify);
  limitReceipt(fastify, receiptMs);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(streamed, async (request: FastifyRequest) => {
    return new StreamedBody(request.raw, encodingOf(request));
  });
  fastify.addContentTypeParser(
    accepted,
    { parseAs: 'buffer', bodyLimit: limitBytes },
    async (request: FastifyRequest, body: Buffer) => {
      const decoded = await decode(body, encodingOf(request), limitBytes);
      budget.settle(request, decoded.length);
      return decoded;
    },
  );
}

/** Node's own limit would also end streamed bodies, however lively they are. */
function limitReceipt(fastify: FastifyInstance, receiptMs: number): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const { headers, raw } = request;
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    if (hasBody && !streamed.test(headers['content-type'] ?? '')) {
      // One that was refused without its body has its answer already; what still comes of the body is cut off.
      const end = () => (reply.raw.headersSent ? raw.destroy() : answerUnreadable(tooSlow(), raw.socket));
      const timer = setTimeout(end, receiptMs).unref();
      const arrived = () => clearTimeout(timer);
      raw.once('end', arrived).once('close', arrived);
    }
    done();
  });
}

/** Made only when needed: an error looks at the whole stack. */
function tooSlow(): Error {
  return Object.assign(new Error('too slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
}

function encodingOf({ headers }: FastifyRequest): 'identity' | 'gzip' {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new Problem('ENCODING_UNSUPPORTED');
  }
  return encoding;
}

async function decode(body: Buffer, encoding: 'identity' | 'gzip', limitBytes: number): Promise<Buffer> {
  if (encoding === 'identity') {
    return body;
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
  if (body instanceof StreamedBody) {
    throw new Problem('MEDIA_TYPE_UNSUPPORTED', { detail: 'NDJSON is for /links/batch.' });
  }
  if (!Buffer.isBuffer(body) || body.length === 0) {
    throw new Problem('BODY_MISSING');
  }
  return body;
}
