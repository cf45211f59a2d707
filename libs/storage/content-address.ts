import { hash } from 'node:crypto';
import { BlobCorruptError, type BlobStore } from './blob-store.js';

export const blobKinds = ['links', 'layouts', 'manifests', 'roots'] as const;
export type BlobKind = (typeof blobKinds)[number];

export function sha256(bytes: Uint8Array): Buffer {
  return Buffer.from(hash('sha256', bytes, 'hex'), 'hex');
}

/** `acme/web/links/ab/abcd…`: the chain leads, so that one chain's blobs can be listed, moved or deleted alone. */
export function blobKey(chain: string, kind: BlobKind, id: Buffer): string {
  const hex = id.toString('hex');
  return `${chain}/${kind}/${hex.slice(0, 2)}/${hex}`;
}

/** Reads a blob and proves that it is what was stored. Undefined when it is not there. */
export async function readVerified(
  store: BlobStore,
  chain: string,
  kind: BlobKind,
  id: Buffer,
): Promise<Buffer | undefined> {
  const key = blobKey(chain, kind, id);
  const bytes = await store.get(key);
  if (bytes && !sha256(bytes).equals(id)) {
    throw new BlobCorruptError(key);
  }
  return bytes;
}
