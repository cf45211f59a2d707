import { BlobCorruptError } from '#storage/blob-store.js';
import { type BlobKind, blobKey, readVerified, sha256 } from '#storage/content-address.js';
import { type Inspection, tell } from './inspection.js';

export interface BlobAddress {
  readonly chain: string;
  readonly kind: BlobKind;
  readonly id: Buffer;
}

/** The proven bytes of a blob that a row or record speaks of. When they are not there it is reported, and mended if it can be. */
export async function readBlob(check: Inspection, blob: BlobAddress): Promise<Buffer | undefined> {
  const found = await read(check, blob);
  if (typeof found !== 'string') {
    return found;
  }
  let mended: Buffer | undefined;
  const { chain } = blob;
  const subject = blobKey(chain, blob.kind, blob.id);
  const detail = 'restore it from a copy of the blobs with --from, or post the same file again';
  await tell(check, { code: found, chain, subject, detail }, async () => {
    mended = await fetchElsewhere(check, blob);
    if (mended) {
      await check.blobs.replace(subject, mended);
    }
    return mended !== undefined;
  });
  return mended;
}

async function read(
  { blobs }: Inspection,
  { chain, kind, id }: BlobAddress,
): Promise<Buffer | 'BLOB_LOST' | 'BLOB_DAMAGED'> {
  try {
    return (await readVerified(blobs, chain, kind, id)) ?? 'BLOB_LOST';
  } catch (error) {
    if (error instanceof BlobCorruptError) {
      return 'BLOB_DAMAGED';
    }
    throw error;
  }
}

/** The address is the hash, so bytes are the right ones wherever they come from: a copy of the store, another chain. */
async function fetchElsewhere(
  { source, blobs, spare }: Inspection,
  { chain, kind, id }: BlobAddress,
): Promise<Buffer | undefined> {
  const others = await source.query<{ name: string }[]>('select name from chain where name <> $1', [chain]);
  const places = [
    ...(spare ? [{ store: spare, key: blobKey(chain, kind, id) }] : []),
    ...others.map(({ name }) => ({ store: blobs, key: blobKey(name, kind, id) })),
  ];
  for (const { store, key } of places) {
    const bytes = await store.get(key);
    if (bytes && sha256(bytes).equals(id)) {
      return bytes;
    }
  }
  return undefined;
}
