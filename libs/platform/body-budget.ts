import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from './problems.js';

const MIB = 1024 * 1024;

/**
 * Bounds the bodies under way in this process: being received, waiting, or worked on. Beyond it a request is refused
 * before its body is read. Everything that waits inside the process belongs to a request, so nothing in it grows
 * without end.
 */
export class BodyBudget {
  private readonly held = new WeakMap<object, number>();
  private requests = 0;
  private bytes = 0;

  constructor(
    private readonly limitBytes: number,
    private readonly maxBytes = Math.max(256 * MIB, 4 * limitBytes),
    private readonly maxRequests = 2_000,
  ) {}

  /** Takes what the request announces, gives it back when it is over. */
  guard(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      const announced = announcedBytes(request, this.limitBytes);
      if (announced > 0 && !this.take(request, announced)) {
        done(new Problem('OVERLOADED', { retryAfter: 1 }));
        return;
      }
      if (announced > 0) {
        // Unlike `onResponse`, this also comes when the client goes away in the middle of its body.
        reply.raw.once('close', () => this.giveBack(request));
      }
      done();
    });
  }

  /** The body is there, and this is its size: not announced before when it was compressed, or came in chunks. */
  settle(request: FastifyRequest, bytes: number): void {
    this.bytes += bytes - (this.held.get(request) ?? 0);
    this.held.set(request, bytes);
  }

  private take(request: FastifyRequest, bytes: number): boolean {
    if (this.requests >= this.maxRequests || this.bytes + bytes > this.maxBytes) {
      return false;
    }
    this.requests += 1;
    this.bytes += bytes;
    this.held.set(request, bytes);
    return true;
  }

  private giveBack(request: FastifyRequest): void {
    const bytes = this.held.get(request);
    if (bytes !== undefined) {
      this.held.delete(request);
      this.requests -= 1;
      this.bytes -= bytes;
    }
  }
}

/** A body of unknown length is taken for as long as it may be; one that is longer is refused later, by its length. */
function announcedBytes({ headers }: FastifyRequest, limitBytes: number): number {
  if (headers['transfer-encoding'] !== undefined) {
    return limitBytes;
  }
  return Math.min(Number(headers['content-length'] ?? 0), limitBytes);
}
