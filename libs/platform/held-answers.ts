import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { BodyBudget, payerOf } from './body-budget.js';
import { Config } from './config.js';
import { STANDSTILL_MS } from './open-streams.js';

const MIB = 1024 * 1024;
/** There are no more smaller ones than connections. */
const WORTH_COUNTING = 16 * 1024;

/**
 * Bounds the answers that this process holds until their readers have taken them, in shares as bodies are: whoever asks
 * on many connections and reads nothing uses up his own share, and for no longer than a connection may stand still.
 */
@Injectable()
export class HeldAnswers {
  private readonly budget: BodyBudget;
  private readonly counted = new WeakSet<FastifyReply>();

  constructor({ limits }: Config) {
    this.budget = new BodyBudget({ bytes: Math.max(256 * MIB, 4 * limits.linkBytes), requests: 2_000 });
  }

  /**
   * Counts the bytes until the answer is out or its connection has ended. Called before they are read from somewhere, by
   * whoever knows how many there will be; of all others when they are there. Throws OVERLOADED.
   */
  hold(reply: FastifyReply, bytes: number): void {
    const { raw, request } = reply;
    // Its client may have gone already; then nothing would give back what it takes.
    if (bytes < WORTH_COUNTING || this.counted.has(reply) || raw.destroyed) {
      return;
    }
    this.counted.add(reply);
    const held = this.budget.open(payerOf(request));
    raw.once('close', held.release);
    held.charge(bytes);
    request.raw.socket.setTimeout(STANDSTILL_MS);
  }
}

/** Whatever is answered in one piece is counted. */
export function countAnswers(fastify: FastifyInstance, answers: HeldAnswers): void {
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    try {
      answers.hold(reply, lengthOf(payload));
      done(null, payload);
    } catch (error) {
      done(error as Error);
    }
  });
}

function lengthOf(payload: unknown): number {
  return typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.length : 0;
}
