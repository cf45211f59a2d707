import { bulkhead } from 'cockatiel';
import { Dependency } from '#platform/outage.js';
import { BlobStore } from './blob-store.js';

/** Less than a transaction that waits for a blob has: the database is not to be blamed for the blob store. */
const PATIENCE_MS = 4_000;
/** So slow a store still is one: a large blob has longer. */
const BYTES_A_MS = 1_000;
/** Nobody knows beforehand how large a blob is that is read. */
const READ_PATIENCE = { milliseconds: 15_000 };

const WRITES_AT_ONCE = 64;
/** Far more than may be under way in a process; what is accepted is bounded where it comes in. */
const WRITES_WAITING = 100_000;

/**
 * Any blob store, behind a breaker: whatever keeps it from doing its work is an outage, and nobody waits for long. A
 * blob that several put at the same time is written once.
 */
export class GuardedBlobStore extends BlobStore {
  private readonly dependency = new Dependency('blob store', () => true);
  private readonly writers = bulkhead(WRITES_AT_ONCE, WRITES_WAITING);
  private readonly writing = new Map<string, Promise<void>>();

  constructor(private readonly store: BlobStore) {
    super();
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    const present = this.writing.get(key);
    if (present) {
      return present;
    }
    const patience = { milliseconds: PATIENCE_MS + bytes.length / BYTES_A_MS };
    const written = this.writers
      .execute(() => this.dependency.use(() => this.store.put(key, bytes), patience))
      .finally(() => this.writing.delete(key));
    this.writing.set(key, written);
    return written;
  }

  get(key: string): Promise<Buffer | undefined> {
    return this.dependency.use(() => this.store.get(key), READ_PATIENCE);
  }

  list(prefix: string): AsyncIterable<string> {
    return this.store.list(prefix);
  }

  writtenAt(key: string): Promise<Date | undefined> {
    return this.dependency.use(() => this.store.writtenAt(key), READ_PATIENCE);
  }

  replace(key: string, bytes: Uint8Array): Promise<void> {
    return this.dependency.use(() => this.store.replace(key, bytes), READ_PATIENCE);
  }

  delete(key: string): Promise<void> {
    return this.dependency.use(() => this.store.delete(key), READ_PATIENCE);
  }

  /** Asks the store itself: whether it is back is not to be hidden by what was. */
  check(): Promise<void> {
    return this.store.check();
  }
}
