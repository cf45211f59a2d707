import { LRUCache } from 'lru-cache';
import { type Metadata, parseAttestation } from '#in-toto/index.js';
import type { BlobStore } from './blob-store.js';
import { type BlobKind, readVerified } from './content-address.js';

/** Bytes of metadata files kept parsed. */
const CACHE_BYTES = 64 * 1024 * 1024;

/** The index speaks of a blob that is not in the store. Nothing may be concluded from the rest. */
export class BlobLostError extends Error {
  override readonly name = 'BlobLostError';
}

/** Reads layouts and links by their id, hash checked and parsed, and keeps those in use. */
export class MetadataReader {
  private readonly parsed = new LRUCache<string, { metadata: Metadata; size: number }>({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ size }) => size,
  });

  constructor(private readonly blobs: BlobStore) {}

  async read(chain: string, kind: BlobKind, id: Buffer): Promise<Metadata> {
    const hex = id.toString('hex');
    const known = this.parsed.get(hex);
    if (known) {
      return known.metadata;
    }
    const bytes = await readVerified(this.blobs, chain, kind, id);
    if (!bytes) {
      throw new BlobLostError(`the bytes of ${kind} ${hex} of ${chain} are not in the blob store`);
    }
    const metadata = parseAttestation(bytes);
    this.parsed.set(hex, { metadata, size: bytes.length + 1 });
    return metadata;
  }
}
