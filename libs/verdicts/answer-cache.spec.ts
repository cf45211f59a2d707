import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Channel, channels } from '#persistence/channels.js';
import { type Hint, Hints } from '#persistence/hints.js';
import { tellOfEvidence } from '#persistence/subjects/evidence-hints.js';
import { AnswerCache } from './answer-cache.js';
import type { ReadyAnswer } from './ready-answer.js';

/** Hints that the test gives, over a connection that the test breaks. */
class GivenHints extends Hints {
  private readonly given = new Map<Channel, (hint: Hint) => void>();
  isUp = true;

  constructor() {
    super('', () => {});
  }

  override get isConnected(): boolean {
    return this.isUp;
  }

  override listen(channel: Channel, listener: (hint: Hint) => void): void {
    this.given.set(channel, listener);
  }

  give(channel: Channel, hint: Hint): void {
    this.given.get(channel)?.(hint);
  }
}

const CHAIN = 7;
const subject = Buffer.alloc(32, 1);
const other = Buffer.alloc(32, 2);
const about = (chain: number, digest: Buffer) => `${chain} ${digest.toString('hex')}`;

describe('the cache of answers', () => {
  let hints: GivenHints;
  let cache: AnswerCache;
  let source: DataSource;
  let reads: number;
  let goodUntil: number;

  beforeEach(() => {
    hints = new GivenHints();
    source = {} as DataSource;
    cache = new AnswerCache(hints, source);
    reads = 0;
    goodUntil = Number.POSITIVE_INFINITY;
  });

  const answer = (): ReadyAnswer => ({
    isPending: false,
    etag: String(reads),
    text: '{}',
    goodUntil,
  });
  const ask = (chain = CHAIN, digest = subject) =>
    cache.find(chain, digest, async () => {
      reads += 1;
      return answer();
    });
  const readsAfter = async (...between: (() => unknown)[]): Promise<number> => {
    await ask();
    for (const act of between) {
      await act();
      await ask();
    }
    return reads;
  };

  it.each([
    ['a hint that there is evidence', () => hints.give(channels.evidence, about(CHAIN, subject))],
    ['a hint that there is much evidence', () => hints.give(channels.evidence, String(CHAIN))],
    ['evidence that this process took in', () => tellOfEvidence(source, CHAIN, [subject])],
    ['much evidence that this process took in', () => tellOfEvidence(source, CHAIN, undefined)],
  ])('forgets an answer by %s', async (_, act) => {
    expect(await readsAfter(act)).toBe(2);
  });

  it('keeps an answer when there is evidence about another digest', async () => {
    const act = () => {
      hints.give(channels.evidence, about(CHAIN, other));
      tellOfEvidence(source, CHAIN, [other]);
      tellOfEvidence(source, CHAIN + 1, undefined);
    };
    expect(await readsAfter(act)).toBe(1);
  });

  it('reads once for all who ask at once, and for who asks again', async () => {
    await Promise.all([ask(), ask(), ask()]);
    await ask();
    expect(reads).toBe(1);
    await ask(CHAIN, other);
    await ask(CHAIN + 1);
    expect(reads).toBe(3);
  });

  it.each<[string, Channel, Hint]>([
    ['of a verdict for the digest', channels.verdict, about(CHAIN, subject)],
    ['of changed trust in the chain', channels.trust, String(CHAIN)],
    ['that anything may have happened', channels.verdict, undefined],
    ['that any chain may have changed', channels.trust, undefined],
  ])('reads again after a hint %s', async (_, channel, hint) => {
    expect(await readsAfter(() => hints.give(channel, hint))).toBe(2);
  });

  it.each<[string, Channel, Hint]>([
    ['another digest', channels.verdict, about(CHAIN, other)],
    ['another chain', channels.verdict, about(CHAIN + 1, subject)],
    ['trust in another chain', channels.trust, String(CHAIN + 1)],
  ])('does not after a hint about %s', async (_, channel, hint) => {
    expect(await readsAfter(() => hints.give(channel, hint))).toBe(1);
  });

  it.each<[Channel, string]>([
    [channels.verdict, about(CHAIN, subject)],
    [channels.trust, String(CHAIN)],
  ])('keeps nothing that was being read while a hint of %s came', async (channel, hint) => {
    let finish = () => {};
    const slow = cache.find(CHAIN, subject, async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return answer();
    });
    hints.give(channel, hint);
    const later = ask();
    finish();
    await Promise.all([slow, later]);
    await ask();
    expect(reads).toBe(1);
  });

  it('keeps nothing for longer than a second', async () => {
    expect(await readsAfter(() => sleep(900))).toBe(1);
    expect(await readsAfter(() => sleep(200))).toBe(2);
  });

  it('keeps nothing beyond the validity of the verdict, and no answer that is about to change', async () => {
    goodUntil = Date.now() + 100;
    expect(await readsAfter(() => sleep(150))).toBe(2);
    goodUntil = 0;
    expect(await readsAfter(() => sleep(5))).toBeGreaterThan(3);
  });

  it('keeps nothing while hints may be lost, and no failure', async () => {
    hints.isUp = false;
    expect(await readsAfter(() => {})).toBe(2);
    hints.isUp = true;
    await expect(cache.find(CHAIN, other, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    await ask(CHAIN, other);
    expect(reads).toBe(3);
  });
});
