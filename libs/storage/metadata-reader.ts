import { LRUCache } from 'lru-cache';
import { type Metadata, parseAttestation } from '#in-toto/index.js';
import type { BlobStore } from './blob-store.js';
import { type BlobKind, blobKey, readVerified } from './content-address.js';

/** Bytes of heap for files kept parsed. */
const CACHE_BYTES = 256 * 1024 * 1024;

/** The index speaks of a blob that is not in the store. Nothing may be concluded from the rest. */
export class BlobLostError extends Error {
  override readonly name = 'BlobLostError';
}

/** A file as values, and about how many bytes of heap they take. */
export interface ParsedFile {
  readonly metadata: Metadata;
  readonly heap: number;
}

/**
 * Reads layouts and links by their id, hash checked and parsed, and keeps those in use. A file is kept for the chain and
 * the kind that it was read as: to know the hash of another chain's file is not to have it.
 */
export class MetadataReader {
  private readonly parsed: LRUCache<string, ParsedFile>;

  /** `cacheBytes` of heap, at least 1. */
  constructor(
    private readonly blobs: BlobStore,
    cacheBytes = CACHE_BYTES,
  ) {
    this.parsed = new LRUCache({ maxSize: cacheBytes, sizeCalculation: ({ heap }) => heap });
  }

  async read(chain: string, kind: BlobKind, id: Buffer): Promise<Metadata> {
    return (await this.readFile(chain, kind, id)).metadata;
  }

  async readFile(chain: string, kind: BlobKind, id: Buffer): Promise<ParsedFile> {
    const key = blobKey(chain, kind, id);
    const known = this.parsed.get(key);
    if (known) {
      return known;
    }
    const bytes = await readVerified(this.blobs, chain, kind, id);
    if (!bytes) {
      throw new BlobLostError(
        `the bytes of ${kind} ${id.toString('hex')} of ${chain} are not in the blob store`,
      );
    }
    const file = { metadata: parseAttestation(bytes), heap: heapOf(bytes) };
    this.parsed.set(key, file);
    return file;
  }
}

/** An empty object takes 58 bytes, a list of one 86, a member 32. Names and text take what they are long. */
const HEAP_OF_A_VALUE = 64;
const STARTS = new Set([...',[{'].map((character) => character.charCodeAt(0)));

/** About how much heap a file takes at most once it is parsed: its text, and every member, item, object and list of it. */
export function heapOf(file: Uint8Array): number {
  let values = 1;
  for (const byte of file) {
    if (STARTS.has(byte)) {
      values++;
    }
  }
  return 2 * file.length + values * HEAP_OF_A_VALUE;
}
