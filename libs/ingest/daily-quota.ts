import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { chargeUsage, type Usage } from '#persistence/tokens/charge-usage.js';
import { Config } from '#platform/config.js';
import { toProblem } from '#platform/problem-filter.js';
import { Problem } from '#platform/problems.js';
import { Batcher, type BatchLimits } from './batcher.js';

/** A token has one row, so two at once would only wait for each other. */
const LIMITS: BatchLimits<number> = {
  batchesAtOnce: 1,
  worthAnother: 1,
  items: 64,
  weight: Number.MAX_SAFE_INTEGER,
  weigh: (bytes) => bytes,
  ownerOf: () => '',
};

const TOKENS_REMEMBERED = 10_000;

/**
 * What a token may post in a day, over all processes and restarts. Costs nothing without a quota, and one statement for
 * all links that arrive together with one.
 */
@Injectable()
export class DailyQuota {
  /** Only tokens that are posting. */
  private readonly tokens = new Map<string, Batcher<number, undefined>>();
  /** Of tokens that were refused, until the day is over. In a day use only grows, so what was used is used for good. */
  private readonly used = new LRUCache<string, Usage>({ max: TOKENS_REMEMBERED });
  private readonly allowed: Usage | undefined;

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    { quota }: Config,
  ) {
    const { links = Number.MAX_SAFE_INTEGER, bytes = Number.MAX_SAFE_INTEGER } = quota;
    this.allowed = quota.links === undefined && quota.bytes === undefined ? undefined : { links, bytes };
  }

  /** Counts one link of this size. Throws QUOTA_EXCEEDED. What is not stored after all stays counted. */
  async charge(tokenId: string, bytes: number): Promise<void> {
    if (this.allowed) {
      await (this.tokens.get(tokenId) ?? this.open(tokenId, this.allowed)).add(bytes);
    }
  }

  /** Where not all of them fit any more, each is tried alone. */
  private open(tokenId: string, allowed: Usage): Batcher<number, undefined> {
    const batcher = new Batcher<number, undefined>(
      (sizes) => this.take(tokenId, sizes, allowed),
      LIMITS,
      (error) => toProblem(error).code === 'UNAVAILABLE',
      () => this.tokens.delete(tokenId),
    );
    this.tokens.set(tokenId, batcher);
    return batcher;
  }

  private async take(tokenId: string, sizes: readonly number[], allowed: Usage): Promise<undefined[]> {
    const wanted = { links: sizes.length, bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) };
    const known = this.used.get(tokenId);
    if (known && !fits(known, wanted, allowed)) {
      throw this.exceeded(allowed, Math.ceil(this.used.getRemainingTTL(tokenId) / 1_000));
    }
    const charged = await chargeUsage(this.source, tokenId, wanted, allowed);
    if (!charged.fits) {
      this.used.set(tokenId, charged.used, { ttl: charged.secondsLeft * 1_000 });
      throw this.exceeded(allowed, charged.secondsLeft);
    }
    return sizes.map(() => undefined);
  }

  private exceeded({ links, bytes }: Usage, secondsLeft: number): Problem {
    const most = [
      ...(links === Number.MAX_SAFE_INTEGER ? [] : [`${links} links`]),
      ...(bytes === Number.MAX_SAFE_INTEGER ? [] : [`${bytes} bytes of links`]),
    ];
    return new Problem('QUOTA_EXCEEDED', {
      detail: `This token may post ${most.join(' and ')} a day. The next one begins at midnight UTC.`,
      retryAfter: Math.max(1, secondsLeft),
    });
  }
}

function fits(used: Usage, wanted: Usage, allowed: Usage): boolean {
  return used.links + wanted.links <= allowed.links && used.bytes + wanted.bytes <= allowed.bytes;
}
