import { describe, expect, it } from 'vitest';
import { BodyBudget, type Payer } from './body-budget.js';

const MIB = 1024 * 1024;
const room = { bytes: 240 * MIB, requests: 240 };
const greedy: Payer = { chain: 'acme/web', token: 'greedy' };
const neighbour: Payer = { chain: 'acme/web', token: 'neighbour' };
const stranger: Payer = { chain: 'other/app', token: 'stranger' };

/** One body after the other, a MiB at a time, until no more is taken. Returns the MiB that it holds then. */
function takeAll(budget: BodyBudget, payer: Payer): number {
  const held = budget.open(payer);
  for (let taken = 0; ; taken += 1) {
    try {
      held.charge(MIB);
    } catch (error) {
      expect(error).toMatchObject({ code: 'OVERLOADED', details: { retryAfter: 1 } });
      return taken;
    }
  }
}

function openAll(budget: BodyBudget, payer: Payer): number {
  for (let open = 0; ; open += 1) {
    try {
      budget.open(payer);
    } catch {
      return open;
    }
  }
}

describe('the budget of bodies', () => {
  it('lets one token hold a third, in bytes and in requests', () => {
    expect(takeAll(new BodyBudget(room), greedy)).toBe(80);
    expect(openAll(new BodyBudget(room), greedy)).toBe(80);
  });

  it('leaves room for another token of the chain, and more for another chain', () => {
    const budget = new BodyBudget(room);
    takeAll(budget, greedy);
    const other = budget.open(neighbour);
    for (let taken = 0; taken < 20; taken += 1) other.charge(MIB);
    expect(takeAll(budget, stranger)).toBeGreaterThan(40);
  });

  it.each([1, 5, 25])('has room for a link of a newcomer beside %i greedy tokens', (count) => {
    const budget = new BodyBudget(room);
    for (let n = 0; n < count; n += 1) takeAll(budget, { chain: 'acme/web', token: `greedy ${n}` });
    expect(() => budget.open(stranger).charge(MIB)).not.toThrow();
  });

  it('gives one token no more for posting to many chains', () => {
    const budget = new BodyBudget(room);
    const taken = [1, 2, 3].map((n) => takeAll(budget, { chain: `chain ${n}`, token: 'greedy' }));
    expect(taken[0]).toBe(80);
    expect(taken.reduce((sum, mib) => sum + mib, 0)).toBeLessThanOrEqual(160);
  });

  it('takes nothing for what is announced and does not come', () => {
    const budget = new BodyBudget(room);
    for (let n = 0; n < 70; n += 1) budget.open(greedy);
    expect(takeAll(budget, greedy)).toBe(80);
  });

  it('has everything back when requests are over, however often they say so', () => {
    const budget = new BodyBudget(room);
    for (let round = 0; round < 3; round += 1) {
      const held = budget.open(greedy);
      held.charge(70 * MIB);
      held.release();
      held.release();
      held.charge(70 * MIB);
    }
    expect(takeAll(budget, greedy)).toBe(80);
  });
});
