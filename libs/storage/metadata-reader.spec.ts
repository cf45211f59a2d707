import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey, link, signMetablock } from '../../test/support/supply-chain.js';
import { blobKey, sha256 } from './content-address.js';
import { FileBlobStore } from './file-blob-store.js';
import { BlobLostError, heapOf, MetadataReader } from './metadata-reader.js';

describe('a file that is kept parsed', () => {
  let directory: string;
  let store: FileBlobStore;
  const file = signMetablock(link('build'), createKey('ed25519', { seed: 'bob' }));
  const id = sha256(file);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'custody-metadata-'));
    store = new FileBlobStore(directory);
    await store.put(blobKey('acme/web', 'links', id), file);
  });

  afterAll(() => rm(directory, { recursive: true }));

  it('is read once', async () => {
    const reader = new MetadataReader(store);
    const first = await reader.read('acme/web', 'links', id);
    expect(await reader.read('acme/web', 'links', id)).toBe(first);
  });

  it('is not there for another chain that knows its hash', async () => {
    const reader = new MetadataReader(store);
    await reader.read('acme/web', 'links', id);
    await expect(reader.read('evil/corp', 'links', id)).rejects.toThrow(BlobLostError);
  });

  it('is not there as another kind of file', async () => {
    const reader = new MetadataReader(store);
    await reader.read('acme/web', 'links', id);
    await expect(reader.read('acme/web', 'layouts', id)).rejects.toThrow(BlobLostError);
  });

  it('is read anew where it does not fit', async () => {
    const reader = new MetadataReader(store, heapOf(file) - 1);
    const first = await reader.read('acme/web', 'links', id);
    expect(await reader.read('acme/web', 'links', id)).not.toBe(first);
  });
});
