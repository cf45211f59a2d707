import type { Config } from '#platform/config.js';
import type { BlobStore } from './blob-store.js';
import { FileBlobStore } from './file-blob-store.js';
import { GuardedBlobStore } from './guarded-blob-store.js';
import { S3BlobStore } from './s3-blob-store.js';

/** The blob store that the configuration names, behind a breaker. */
export function openBlobStore(blobs: Config['blobs']): BlobStore {
  return new GuardedBlobStore(
    blobs.kind === 's3' ? new S3BlobStore(blobs) : new FileBlobStore(blobs.directory),
  );
}
