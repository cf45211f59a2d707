import { setImmediate } from 'node:timers/promises';

/** Lets others have their turn between two parts of something large. */
export const nextTurn = (): Promise<void> => setImmediate();

/**
 * Does the work for each, in their order, one a turn of the event loop: what takes milliseconds for each of many holds up no
 * other request for longer than one of them takes.
 */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, item] of items.entries()) {
    await nextTurn();
    results.push(work(item, index));
  }
  return results;
}
