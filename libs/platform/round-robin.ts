/** Items that wait, taken from their owners in turn, and of each in the order in which they came. */
export class RoundRobin<Item> {
  /** The next in turn first; none is empty. */
  private readonly lanes = new Map<string, Item[]>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(owner: string, item: Item): void {
    const own = this.lanes.get(owner) ?? [];
    own.push(item);
    this.lanes.set(owner, own);
    this.count += 1;
  }

  /** What `take` would give; undefined when nothing waits. */
  peek(): Item | undefined {
    const [own] = this.lanes.values();
    return own?.[0];
  }

  take(): Item | undefined {
    const [lane] = this.lanes;
    if (!lane) {
      return undefined;
    }
    const [owner, own] = lane;
    const item = own.shift();
    // An entry that is set anew comes last.
    this.lanes.delete(owner);
    if (own.length > 0) {
      this.lanes.set(owner, own);
    }
    this.count -= 1;
    return item;
  }
}
