import { expect, it } from 'vitest';
import { inTurns } from './in-turns.js';

it('does work for many one a turn of the event loop, in their order', async () => {
  let turn = 0;
  const count = (): void => {
    turn += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const turns = await inTurns(['a', 'b', 'c'], (item, index) => ({ item, index, turn }));
  clearImmediate(next);
  expect(turns.map(({ item, index }) => `${item}${index}`)).toEqual(['a0', 'b1', 'c2']);
  expect(new Set(turns.map(({ turn }) => turn)).size).toBe(3);
});
