import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.js';

describe('TokenBucket', () => {
  it('spaces what comes at once evenly', () => {
    const bucket = new TokenBucket(10);
    expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([100, 200, 300]);
  });

  it('lets through at once what comes no faster than it may', () => {
    const bucket = new TokenBucket(10);
    bucket.take(0);
    expect([200, 300, 400].map((now) => bucket.take(now))).toEqual([0, 0, 0]);
  });

  it('saves up no more than a second', () => {
    const bucket = new TokenBucket(2);
    bucket.take(0);
    const waits = Array.from({ length: 4 }, () => bucket.take(60_000));
    expect(waits).toEqual([0, 0, 500, 1_000]);
  });
});
