/** What one verification may read, and hold in memory. */
export interface EvidenceLimits {
  /** Bytes of the files of links, known before any is read. */
  readonly fileBytes: number;
  /** Bytes of heap for the links that count. Those that do not are dropped one by one. */
  readonly heapBytes: number;
  /** Each link is read after the one before it is screened, so that one that does not count is never held beside another. */
  readonly oneByOne: boolean;
  /** What artifact rules may compare in all, as `Limits.maxRuleWork` counts it; undefined: as much as in-toto lets each set. */
  readonly ruleWork?: number;
}

export const UNLIMITED: EvidenceLimits = {
  fileBytes: Number.POSITIVE_INFINITY,
  heapBytes: Number.POSITIVE_INFINITY,
  oneByOne: false,
};

/**
 * As much as may be judged beside requests: parsing it takes 40 ms at the very most (160 ms a MiB of empty lists, the
 * worst that was measured), and it comes in one file a turn. So many comparisons take about as long (8 million took 325
 * ms); ten rules for each of the files that 256 KiB can name are a thirtieth of them.
 */
export const BESIDE_REQUESTS: EvidenceLimits = { ...UNLIMITED, fileBytes: 256 * 1024, ruleWork: 1_000_000 };

/** There is more evidence than these limits allow. */
export class TooMuchEvidence extends Error {
  override readonly name = 'TooMuchEvidence';
}

/** Counts what one verification reads. */
export class EvidenceBudget {
  private fileBytes = 0;
  private heapBytes = 0;

  constructor(private readonly limits: EvidenceLimits) {}

  /** These files are going to be read. */
  read(files: readonly { readonly size: number }[]): void {
    for (const { size } of files) {
      this.fileBytes += size;
    }
    if (this.fileBytes > this.limits.fileBytes) {
      throw new TooMuchEvidence(`links of ${this.fileBytes} bytes are to be read`);
    }
  }

  /** A file stays in memory until the verdict is found. */
  hold(heapBytes: number): void {
    this.heapBytes += heapBytes;
    if (this.heapBytes > this.limits.heapBytes) {
      throw new TooMuchEvidence(`links that count take ${this.heapBytes} bytes of heap`);
    }
  }

  /** The work for each, in their order: at once, or one by one. */
  async each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
    if (!this.limits.oneByOne) {
      return Promise.all(items.map(work));
    }
    const results: R[] = [];
    for (const item of items) {
      results.push(await work(item));
    }
    return results;
  }
}
