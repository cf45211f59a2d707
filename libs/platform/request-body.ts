import { setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { accessOf } from './access.js';
import { askForBody, hasBody } from './announced-body.js';
import { BodyBudget, type Held, payerOf } from './body-budget.js';
import { PACE, type Pace, watchRate } from './pace.js';
import { Problem } from './problems.js';
import { StreamedBody } from './streamed-body.js';
import { answerUnreadable } from './unrouted.js';

const MIB = 1024 * 1024;

const accepted = /^application\/(?:json|octet-stream|[\w.-]+\+json)(?:$|[; ])/;
const streamed = /^application\/x-ndjson(?:$|[; ])/;

const RECEIPT_MS = 60_000;
/** A process that is to stop waits so long for bodies that are still coming. */
const LAST_BODIES_MS = 5_000;

/** How much of all bodies is held at a time. What trust needs is held apart, so that no flood of links delays a revocation. */
export interface BodyBudgets {
  readonly evidence: BodyBudget;
  readonly trust: BodyBudget;
}

export function bodyBudgets(limitBytes: number): BodyBudgets {
  return {
    // A token that takes whatever it gets may hold a third: at least one body of the largest kind.
    evidence: new BodyBudget({ bytes: Math.max(256 * MIB, 4 * limitBytes), requests: 2_000 }),
    trust: new BodyBudget({ bytes: Math.max(64 * MIB, 4 * limitBytes), requests: 500 }),
  };
}

/**
 * Bodies reach the handlers as the exact bytes that the client meant: undone Content-Encoding, nothing else. The limit
 * counts what comes out of the decompressor, so that a small bomb is refused while it unfolds. NDJSON reaches them as it
 * arrives: it has no limit as a whole, and whoever reads it holds no more of it at a time than the limit.
 */
export function acceptRawBodies(
  fastify: FastifyInstance,
  limitBytes: number,
  {
    receiptMs = RECEIPT_MS,
    lastBodiesMs = LAST_BODIES_MS,
    pace = PACE,
    budgets = bodyBudgets(limitBytes),
  }: Partial<BodyTerms> = {},
): void {
  const stopping = whenStopping(fastify, lastBodiesMs);
  const heldBy = new WeakMap<IncomingMessage, Held>();
  /** Given back when the answer is out or its client gone; `onResponse` does not come for the latter. */
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    if (hasBody(request.raw)) {
      // Its client went away while its token was looked up: nothing would give back what it takes.
      if (reply.raw.destroyed) {
        done(new Problem('BODY_INCOMPLETE'));
        return;
      }
      const held = budgetOf(request, budgets).open(payerOf(request));
      heldBy.set(request.raw, held);
      reply.raw.once('close', held.release);
    }
    done(null, payload);
  });
  const heldOf = ({ raw }: FastifyRequest): Held => heldBy.get(raw) ?? HOLDS_NOTHING;
  limitReceipt(fastify, receiptMs);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(streamed, async (request: FastifyRequest) => {
    const terms = { held: heldOf(request), heldAtMost: limitBytes, pace, stopping };
    return new StreamedBody(request.raw, encodingOf(request), terms);
  });
  fastify.addContentTypeParser(accepted, async (request: FastifyRequest) =>
    receive(request.raw, encodingOf(request), { held: heldOf(request), limitBytes, pace, stopping }),
  );
}

export interface BodyTerms {
  /** A body that is held must be there in this time. */
  readonly receiptMs: number;
  /** So long it may still come when the process stops. */
  readonly lastBodiesMs: number;
  readonly pace: Pace;
  readonly budgets: BodyBudgets;
}

/** Aborted some time after the process began to stop: it cannot end before every body has. */
function whenStopping(fastify: FastifyInstance, afterMs: number): AbortSignal {
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  fastify.addHook('preClose', async () => void setTimeout(() => stopping.abort(), afterMs).unref());
  return stopping.signal;
}

/** For a request without a body that is parsed all the same. */
const HOLDS_NOTHING: Held = { charge: () => {}, release: () => {} };

function budgetOf(request: FastifyRequest, { evidence, trust }: BodyBudgets): BodyBudget {
  const access = accessOf(request);
  return access === undefined || access === 'public' || access.includes('ingest') ? evidence : trust;
}

/** Node's own limit would also end streamed bodies, however lively they are. */
function limitReceipt(fastify: FastifyInstance, receiptMs: number): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const { headers, raw } = request;
    if (hasBody(raw) && !streamed.test(headers['content-type'] ?? '')) {
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

interface HeldTerms {
  readonly held: Held;
  readonly limitBytes: number;
  readonly pace: Pace;
  readonly stopping: AbortSignal;
}

/** All of a body. Reads no further than to what is wrong with it. */
function receive(
  request: IncomingMessage,
  encoding: 'identity' | 'gzip',
  { held, limitBytes, pace, stopping }: HeldTerms,
): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) {
    throw new Problem('BODY_TOO_LARGE');
  }
  askForBody(request);
  const unpacked = encoding === 'gzip' ? createGunzip() : undefined;
  const source = unpacked ?? request;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let [arrived, length] = [0, 0];
    const settle = (): void => {
      clearInterval(watch);
      stopping.removeEventListener('abort', giveUp);
    };
    const stop = (error: unknown): void => {
      settle();
      request.off('data', charge).off('error', stop).off('aborted', breakOff);
      source.off('data', take).off('end', end);
      if (unpacked) request.unpipe(unpacked);
      unpacked
        ?.off('error', refuse)
        .on('error', () => undefined)
        .destroy();
      reject(error);
    };
    const counted = (work: () => void): void => {
      try {
        work();
      } catch (error) {
        stop(error);
      }
    };
    const charge = (chunk: Buffer): void =>
      counted(() => {
        arrived += chunk.length;
        if (arrived > limitBytes) throw new Problem('BODY_TOO_LARGE');
        held.charge(chunk.length);
      });
    const take = (chunk: Buffer): void =>
      counted(() => {
        length += chunk.length;
        if (length > limitBytes) throw new Problem('BODY_TOO_LARGE');
        if (unpacked) held.charge(chunk.length);
        chunks.push(chunk);
      });
    const end = (): void => {
      settle();
      resolve(Buffer.concat(chunks, length));
    };
    const refuse = (cause: unknown): void => stop(new Problem('ENCODING_INVALID', { cause }));
    const breakOff = (): void => stop(new Problem('BODY_INCOMPLETE'));
    const giveUp = (): void => stop(new Problem('STOPPING'));
    const watch = watchRate(request, pace, () => stop(new Problem('BODY_TOO_SLOW')));
    stopping.addEventListener('abort', giveUp);
    request.on('data', charge).on('error', stop).on('aborted', breakOff);
    source.on('data', take).on('end', end);
    if (unpacked) request.pipe(unpacked.on('error', refuse));
  });
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
