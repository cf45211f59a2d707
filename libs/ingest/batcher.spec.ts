import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Batcher } from './batcher.js';

/** Numbers are of one owner by their hundred. */
const ownerOf = (item: number) => `${Math.floor(item / 100)}`;

/** Work that is done when the test says so. */
function controlled(
  limits: { items?: number; weight?: number; batchesAtOnce?: number; worthAnother?: number } = {},
) {
  const batches: number[][] = [];
  const ends: (() => void)[] = [];
  let idle = 0;
  const batcher = new Batcher<number, string>(
    async (items) => {
      batches.push([...items]);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (items.includes(13)) throw new Error('13');
      if (items.includes(99)) throw new Error('outage');
      return items.map((item) => `done ${item}`);
    },
    {
      batchesAtOnce: 2,
      worthAnother: 1,
      items: 64,
      weight: 1_000,
      weigh: (item) => item,
      ownerOf,
      ...limits,
    },
    (error) => (error as Error).message === 'outage',
    () => {
      idle += 1;
    },
  );
  const finish = async () => {
    for (const end of ends.splice(0)) end();
    await tick();
  };
  return { batcher, batches, finish, idle: () => idle };
}

const settled = (results: PromiseSettledResult<string>[]) =>
  results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason)));

describe('a batcher', () => {
  it('starts a lone item at once', async () => {
    const { batcher, batches, finish, idle } = controlled();
    const result = batcher.add(1);
    expect(batches).toEqual([[1]]);
    await finish();
    expect(await result).toBe('done 1');
    expect(idle()).toBe(1);
  });

  it('makes one batch of what arrives while two are under way', async () => {
    const { batcher, batches, finish } = controlled();
    const results = Promise.all([1, 2, 3, 4, 5].map((item) => batcher.add(item)));
    expect(batches).toEqual([[1], [2]]);
    await finish();
    expect(batches).toEqual([[1], [2], [3, 4, 5]]);
    await finish();
    expect(await results).toEqual([1, 2, 3, 4, 5].map((item) => `done ${item}`));
  });

  it('begins another beside the first only when enough are waiting', async () => {
    const { batcher, batches, finish } = controlled({ worthAnother: 3 });
    const results = Promise.all([1, 2, 3].map((item) => batcher.add(item)));
    expect(batches).toEqual([[1]]);
    const more = Promise.all([4, 5].map((item) => batcher.add(item)));
    expect(batches).toEqual([[1], [2, 3, 4]]);
    await finish();
    expect(batches).toEqual([[1], [2, 3, 4], [5]]);
    await finish();
    await Promise.all([results, more]);
  });

  it.each([
    ['in number', { items: 2 }, [[1], [2, 3], [4]]],
    ['in weight', { weight: 5 }, [[1], [2, 3], [4]]],
    ['but takes an item that alone is too heavy', { weight: 1 }, [[1], [2], [3], [4]]],
  ])('bounds batches %s', async (_, limits, expected) => {
    const { batcher, batches, finish } = controlled({ batchesAtOnce: 1, ...limits });
    const results = Promise.all([1, 2, 3, 4].map((item) => batcher.add(item)));
    for (const _batch of expected) await finish();
    expect(batches).toEqual(expected);
    await results;
  });

  it("puts one owner's item into the next batch, however many of another's are waiting", async () => {
    const { batcher, batches, finish } = controlled({ batchesAtOnce: 1, items: 4, weight: 10_000 });
    const flood = Array.from({ length: 50 }, (_, at) => batcher.add(100 + at));
    const [one, two] = [batcher.add(200), batcher.add(201)];
    await finish();
    expect(batches).toEqual([[100], [101, 200, 102, 201]]);
    await finish();
    expect(await Promise.all([one, two])).toEqual(['done 200', 'done 201']);
    while (batches.length < 14) await finish();
    await finish();
    await Promise.all(flood);
    expect(batches.flat().filter((item) => item < 200)).toEqual(flood.map((_, at) => 100 + at));
  });

  it('goes on with whose turn it is when a batch was full before it', async () => {
    const { batcher, batches, finish } = controlled({ batchesAtOnce: 1, items: 2, weight: 10_000 });
    const results = Promise.all([100, 101, 102, 200, 201, 300].map((item) => batcher.add(item)));
    for (let i = 0; i < 4; i += 1) await finish();
    expect(batches).toEqual([[100], [101, 200], [300, 102], [201]]);
    await results;
  });

  it('tries the items of a failed batch alone, so that only the bad one fails', async () => {
    const { batcher, batches, finish } = controlled({ batchesAtOnce: 1 });
    const results = Promise.allSettled([1, 2, 13, 4].map((item) => batcher.add(item)));
    for (let i = 0; i < 5; i += 1) await finish();
    expect(batches).toEqual([[1], [2, 13, 4], [2], [13], [4]]);
    expect(settled(await results)).toEqual(['done 1', 'done 2', 'Error: 13', 'done 4']);
  });

  it('fails a whole batch at once when the error is about no item', async () => {
    const { batcher, batches, finish } = controlled({ batchesAtOnce: 1 });
    const results = Promise.allSettled([1, 2, 99].map((item) => batcher.add(item)));
    for (let i = 0; i < 2; i += 1) await finish();
    expect(batches).toEqual([[1], [2, 99]]);
    expect(settled(await results)).toEqual(['done 1', 'Error: outage', 'Error: outage']);
  });
});
