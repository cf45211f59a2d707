import { beforeEach, describe, expect, it } from 'vitest';
import { ThreadTurns } from './thread-turns.js';

const [FLOOD, HONEST] = [1, 2];

describe('the thread for large evidence', () => {
  let clock: number;
  let turns: ThreadTurns;

  beforeEach(() => {
    clock = 0;
    turns = new ThreadTurns(() => clock, 3_000);
  });

  const played = (chainId: number, subject: string): void => {
    turns.begin(chainId, subject);
    turns.end();
  };

  it('is anybody’s while nobody waits', () => {
    expect(turns.isKeptFromChain(HONEST)).toBe(false);
    played(FLOOD, 'a');
    expect(turns.isKeptFromChain(HONEST)).toBe(false);
  });

  it('goes to each chain in turn, however much of one waits', () => {
    turns.begin(FLOOD, 'a');
    for (const subject of ['b', 'c', 'd']) turns.putOff(FLOOD, subject);
    turns.putOff(HONEST, 'x');
    turns.end();
    expect([turns.isKeptFromChain(FLOOD), turns.isKeptFromChain(HONEST)]).toEqual([false, true]);
    played(FLOOD, 'b');
    expect([turns.isKeptFromChain(FLOOD), turns.isKeptFromChain(HONEST)]).toEqual([true, false]);
    played(HONEST, 'x');
    expect(turns.isKeptFromChain(FLOOD)).toBe(false);
    expect(turns.isWaiting(HONEST, 'x')).toBe(false);
    expect(turns.isWaiting(FLOOD, 'c')).toBe(true);
  });

  it('is not kept for long for a chain of which nobody comes back', () => {
    turns.begin(FLOOD, 'a');
    turns.putOff(HONEST, 'x');
    turns.end();
    clock = 2_999;
    expect(turns.isKeptFromChain(FLOOD)).toBe(true);
    clock = 3_000;
    expect(turns.isKeptFromChain(FLOOD)).toBe(false);
    expect(turns.isWaiting(HONEST, 'x')).toBe(false);
  });
});
