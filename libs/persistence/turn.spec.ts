import { setImmediate as tick } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { inTurn, turnForSubjects, turnForTrust } from './turn.js';

/** A database whose transactions end when the test says so. */
function database() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const source = { transaction: (work: () => Promise<unknown>) => work() } as unknown as DataSource;
  const hold = (name: string, turn: ReturnType<typeof turnForTrust>) =>
    inTurn(source, turn, () => {
      begun.push(name);
      return new Promise<void>((end) => ends.push(end));
    });
  const endOne = async () => {
    ends.shift()?.();
    await tick();
  };
  return { source, begun, hold, endOne };
}

describe('transactions that would wait for each other', () => {
  it('take two connections of the pool, however many there are', async () => {
    const { begun, hold } = database();
    for (let n = 0; n < 50; n += 1) void hold(`flood ${n}`, turnForSubjects(1, 'flooder'));
    await tick();
    expect(begun).toEqual(['flood 0', 'flood 1']);
  });

  it('keep nobody out who wants something else, or another chain', async () => {
    const { begun, hold } = database();
    for (let n = 0; n < 50; n += 1) void hold('flood', turnForSubjects(1, 'flooder'));
    void hold('revocation', turnForTrust(1, 'operator'));
    void hold('of another chain', turnForSubjects(2, 'ci'));
    await tick();
    expect(begun.slice(2)).toEqual(['revocation', 'of another chain']);
  });

  it('are begun in turn by principal', async () => {
    const { begun, hold, endOne } = database();
    for (let n = 0; n < 50; n += 1) void hold('flood', turnForTrust(1, 'flooder'));
    void hold('revocation', turnForTrust(1, 'operator'));
    await endOne();
    await endOne();
    expect(begun).toContain('revocation');
  });

  it('leave their places when they fail', async () => {
    const { source, begun, hold, endOne } = database();
    const fail = () => inTurn(source, turnForTrust(1, 'ci'), () => Promise.reject(new Error('lost')));
    for (let n = 0; n < 4; n += 1) await expect(fail()).rejects.toThrow('lost');
    const last = hold('last', turnForTrust(1, 'ci'));
    await tick();
    expect(begun).toEqual(['last']);
    await endOne();
    await last;
  });
});
