/**
 * Where the signed bytes live. Keys are content addresses chosen by the caller (`acme/web/links/ab/abcd…`), so a blob
 * never changes once it is there. `blob-store.contract.ts` is what every adapter is held to.
 */
export abstract class BlobStore {
  /** Durable when it resolves. Putting what is there already succeeds and leaves it as it is. */
  abstract put(key: string, bytes: Uint8Array): Promise<void>;

  /** The bytes, or undefined when there is no such blob. The caller checks their hash. */
  abstract get(key: string): Promise<Buffer | undefined>;

  /** Every key under the prefix, in no promised order. */
  abstract list(prefix: string): AsyncIterable<string>;

  /** When the blob was written; undefined when there is none. */
  abstract writtenAt(key: string): Promise<Date | undefined>;

  /**
   * Puts these bytes in the place of what is there. Only for bytes that are proven to be those of the address, where
   * what is there is not. Whoever reads meanwhile gets the old or the new.
   */
  abstract replace(key: string, bytes: Uint8Array): Promise<void>;

  abstract delete(key: string): Promise<void>;

  /** Resolves when the store answers. */
  abstract check(): Promise<void>;
}

/** Unfinished writes lie under it, in stores that have such; listed only by whoever asks for them. */
export const INCOMING = '.incoming';

/** The bytes of a blob are not those that were stored: never to be used, and not to be tried again. */
export class BlobCorruptError extends Error {
  override readonly name = 'BlobCorruptError';

  constructor(readonly key: string) {
    super(`the bytes of blob ${key} do not have its hash`);
  }
}
