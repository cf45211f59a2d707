import { hash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Principal } from '#platform/access.js';
import { Config } from '#platform/config.js';
import { Problem } from '#platform/problems.js';
import { networkOf } from './peer-network.js';

/** Rates are counted over so many seconds: a burst that a rate allows on the whole is let through. */
const WINDOW_SECONDS = 10;

/**
 * How often this process answers whom. A token is counted wherever it comes from. An address is counted only by what it
 * asks without a valid token, and only that is refused: whoever shares it with a guesser is served as ever.
 */
@Injectable()
export class RequestLimits {
  private readonly tokens: RateLimiterMemory;
  private readonly strangers: RateLimiterMemory;
  private readonly salt = randomBytes(16).toString('hex');

  constructor(private readonly config: Config) {
    this.tokens = limiter(config.rates.token);
    this.strangers = limiter(config.rates.stranger);
  }

  /** Called with whoever is let in. Throws RATE_LIMITED. */
  async charge({ tokenId }: Principal): Promise<void> {
    await consume(this.tokens, tokenId, `A token may ask ${this.config.rates.token} times a second.`);
  }

  /** Called with the address of a request that shows no valid token. Throws RATE_LIMITED. */
  async chargeStranger(address: string): Promise<void> {
    const detail = `Without a valid token an address may ask ${this.config.rates.stranger} times a second.`;
    await consume(this.strangers, this.slotOf(address), detail);
  }

  /** Whether so much came from there without a valid token that more of it would be refused. */
  async isSuspect(address: string): Promise<boolean> {
    const counted = await this.strangers.get(this.slotOf(address));
    return counted !== null && counted.remainingPoints === 0;
  }

  /** Addresses share 65,536 counters, so that many of them take no memory. Nobody outside knows which share one. */
  private slotOf(address: string): string {
    return hash('sha256', this.salt + networkOf(address)).slice(0, 4);
  }
}

function limiter(perSecond: number): RateLimiterMemory {
  return new RateLimiterMemory({
    points: perSecond * WINDOW_SECONDS,
    duration: WINDOW_SECONDS,
    keyPrefix: '',
  });
}

async function consume(counted: RateLimiterMemory, key: string, detail: string): Promise<void> {
  try {
    await counted.consume(key);
  } catch (reason) {
    if (!(reason instanceof RateLimiterRes)) {
      throw reason;
    }
    throw new Problem('RATE_LIMITED', {
      detail,
      retryAfter: Math.max(1, Math.ceil(reason.msBeforeNext / 1_000)),
    });
  }
}
