/** How much may be under way at a time: so many items, and no new one while they weigh so much. */
export interface Room<Item> {
  readonly items: number;
  readonly weight: number;
  readonly weigh: (item: Item) => number;
}

type Outcome<Value> = { readonly value: Value } | { readonly error: unknown };

/**
 * Works on several items at a time and gives the results in the order of the items, each as soon as it is there. When
 * the items end in an error, or work on one fails, whatever came before is still given. Who takes no results stops the
 * reading of items.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
  room: Room<Item>,
): AsyncGenerator<Result> {
  const source = items[Symbol.asyncIterator]();
  const underWay: { readonly weight: number; readonly result: Promise<Outcome<Result>> }[] = [];
  let weight = 0;
  let arriving: Promise<Outcome<IteratorResult<Item>>> | undefined;
  let end: Outcome<undefined> | undefined;
  try {
    while (!end || underWay.length > 0) {
      if (!end && underWay.length < room.items && weight < room.weight) {
        arriving ??= outcome(source.next());
      }
      const oldest = underWay[0]?.result.then((result) => ({ result }));
      const next = arriving?.then((arrived) => ({ arrived }));
      const event = await Promise.race([oldest, next].filter((awaited) => awaited !== undefined));
      if ('result' in event) {
        weight -= underWay.shift()?.weight ?? 0;
        yield unpack(event.result);
        continue;
      }
      arriving = undefined;
      if ('error' in event.arrived) {
        end = event.arrived;
      } else if (event.arrived.value.done) {
        end = { value: undefined };
      } else {
        const item = event.arrived.value.value;
        underWay.push({ weight: room.weigh(item), result: outcome(work(item)) });
        weight += room.weigh(item);
      }
    }
    unpack(end);
  } finally {
    await source.return?.();
  }
}

/** Never rejects: nobody may be waiting for it yet. */
function outcome<Value>(promise: Promise<Value>): Promise<Outcome<Value>> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

function unpack<Value>(outcome: Outcome<Value>): Value {
  if ('error' in outcome) {
    throw outcome.error;
  }
  return outcome.value;
}
