import { RoundRobin } from '#platform/round-robin.js';

/** How much of the work is shared, and how much of it goes on at a time. */
export interface BatchLimits<Item> {
  readonly batchesAtOnce: number;
  /** While a batch is under way, another is begun beside it only for so many items. */
  readonly worthAnother: number;
  readonly items: number;
  readonly weight: number;
  readonly weigh: (item: Item) => number;
  /** Whose item it is: nobody waits for more of another's than of his own. */
  readonly ownerOf: (item: Item) => string;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Shares one piece of work among the items that arrive while earlier pieces are under way. Nobody lingers: on an idle
 * system an item goes alone and at once, and the busier it is, the larger the batches become by themselves. A batch takes
 * from the owners in turn, and from each in the order in which he came.
 */
export class Batcher<Item, Result> {
  private readonly waiting = new RoundRobin<Waiting<Item, Result>>();
  private underWay = 0;

  /**
   * `work` answers for its items in their order. When it fails for a batch, each item is tried alone, so that one which
   * cannot be done fails nobody else, unless `blamesAll` says that the error is not about an item.
   */
  constructor(
    private readonly work: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly limits: BatchLimits<Item>,
    private readonly blamesAll: (error: unknown) => boolean,
    private readonly onIdle: () => void = () => {},
  ) {}

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.add(this.limits.ownerOf(item), { item, resolve, reject });
      this.start();
    });
  }

  private start(): void {
    while (this.mayBegin()) {
      this.underWay += 1;
      void this.run(this.take()).finally(() => {
        this.underWay -= 1;
        this.start();
      });
    }
    if (this.underWay === 0) {
      this.onIdle();
    }
  }

  private mayBegin(): boolean {
    const { batchesAtOnce, worthAnother } = this.limits;
    const enough = this.underWay === 0 ? 1 : worthAnother;
    return this.waiting.size >= enough && this.underWay < batchesAtOnce;
  }

  /** The next that fit; always at least one, however heavy. */
  private take(): Waiting<Item, Result>[] {
    const { items, weight, weigh } = this.limits;
    const batch: Waiting<Item, Result>[] = [];
    let total = 0;
    for (let next = this.waiting.peek(); next && batch.length < items; next = this.waiting.peek()) {
      total += weigh(next.item);
      if (batch.length > 0 && total > weight) {
        break;
      }
      batch.push(next);
      this.waiting.take();
    }
    return batch;
  }

  /** Never rejects: who waits is told. */
  private async run(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.work(batch.map(({ item }) => item));
      if (results.length !== batch.length) {
        throw new Error('a batch was not answered item by item');
      }
      results.forEach((result, at) => {
        batch[at]?.resolve(result);
      });
    } catch (error) {
      if (batch.length === 1 || this.blamesAll(error)) {
        for (const { reject } of batch) {
          reject(error);
        }
        return;
      }
      for (const alone of batch) {
        await this.run([alone]);
      }
    }
  }
}
