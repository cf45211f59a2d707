import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FairSlots } from './fair-slots.js';

/** Two slots, and writes that are done when the test says so. */
function slots() {
  const slots = new FairSlots(2);
  const begun: string[] = [];
  const ends = new Map<string, { done: () => void; fail: (error: Error) => void }>();
  const write = (chain: string, principal: string, name: string) => {
    const begins = slots.begin({ chain, principal }, () => {
      begun.push(name);
      return new Promise<void>((done, fail) => ends.set(name, { done, fail }));
    });
    return begins.then(({ done }) => done);
  };
  const finish = async () => {
    const [name, { done }] = [...ends][0] as [string, { done: () => void }];
    ends.delete(name);
    done();
    await tick();
  };
  return { write, begun, ends, finish };
}

describe('slots', () => {
  it('are given at once while there are any', async () => {
    const { write, begun, finish } = slots();
    const both = Promise.all([write('web', 'ci', 'one'), write('web', 'ci', 'two')]);
    await tick();
    expect(begun).toEqual(['one', 'two']);
    await finish();
    await finish();
    await both;
  });

  it('go to another chain, and another principal of the same, as soon as one is free', async () => {
    const { write, begun, finish } = slots();
    const flood = Array.from({ length: 20 }, (_, at) => write('web', 'flooder', `flood ${at}`));
    const others = [write('web', 'ci', 'of the chain'), write('shop', 'ci', 'of another')];
    await tick();
    for (let i = 0; i < 4; i += 1) await finish();
    expect(begun.slice(0, 6)).toEqual([
      'flood 0',
      'flood 1',
      'flood 2',
      'of another',
      'of the chain',
      'flood 3',
    ]);
    while (begun.length < 22) await finish();
    await finish();
    await finish();
    await Promise.all([...flood, ...others]);
  });

  it('come back after a write that failed, which its owner is told', async () => {
    const { write, begun, ends, finish } = slots();
    const failing = write('web', 'ci', 'failing');
    const [other, next] = [write('web', 'ci', 'other'), write('web', 'ci', 'next')];
    await tick();
    ends.get('failing')?.fail(new Error('the disk is full'));
    ends.delete('failing');
    await expect(failing).rejects.toThrow('the disk is full');
    await tick();
    expect(begun).toEqual(['failing', 'other', 'next']);
    await finish();
    await finish();
    await Promise.all([other, next]);
  });
});
