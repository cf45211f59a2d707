import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobStoreContract } from '#storage/blob-store.contract.js';
import type { BlobStore } from '#storage/blob-store.js';
import { blobKey, readVerified, sha256 } from '#storage/content-address.js';
import { FileBlobStore } from '#storage/file-blob-store.js';
import { GuardedBlobStore } from '#storage/guarded-blob-store.js';

const directories = (open: (root: string) => BlobStore) => async () => {
  const root = await mkdtemp(join(tmpdir(), 'custody-test-blobs-'));
  return {
    store: open(root),
    other: open(root),
    close: () => rm(root, { recursive: true, force: true }),
  };
};

blobStoreContract(
  'a directory',
  directories((root) => new FileBlobStore(root)),
);
blobStoreContract(
  'a guarded directory',
  directories((root) => new GuardedBlobStore(new FileBlobStore(root))),
);

describe('a directory of blobs', () => {
  let root: string;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'custody-test-blobs-'));
  });

  afterAll(() => rm(root, { recursive: true, force: true }));

  it('leaves nothing beside the blobs', async () => {
    const store = new FileBlobStore(root);
    await Promise.all(Array.from({ length: 8 }, () => store.put('acme/one', Buffer.from('one'))));
    expect(await readdir(join(root, '.incoming'))).toEqual([]);
  });

  it('neither lists nor trips over what a killed writer left', async () => {
    await mkdir(join(root, '.incoming'), { recursive: true });
    await writeFile(join(root, '.incoming', 'left-behind'), 'half a fi');
    const store = new FileBlobStore(root);
    await store.put('acme/two', Buffer.from('two'));
    const listed: string[] = [];
    for await (const key of store.list('')) {
      listed.push(key);
    }
    expect(listed.sort()).toEqual(['acme/one', 'acme/two']);
  });

  it('is not ready when its place is taken by a file', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(new FileBlobStore(join(root, 'file')).check()).rejects.toThrow();
  });

  it('has whole blobs only after its writer was killed', async () => {
    const writer = spawn(process.execPath, ['dist/test/support/blob-writer.js', root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const acknowledged: string[] = [];
    const done = once(writer, 'exit');
    for await (const chunk of writer.stdout) {
      acknowledged.push(
        ...String(chunk)
          .split('\n')
          .filter((line) => line.length === 64),
      );
      if (acknowledged.length >= 20) writer.kill('SIGKILL');
    }
    await done;
    const store = new FileBlobStore(root);
    for (const id of acknowledged) {
      expect(await readVerified(store, 'killed', 'links', Buffer.from(id, 'hex'))).toBeDefined();
    }
    for await (const key of store.list('killed/')) {
      const bytes = await store.get(key);
      expect(bytes && key).toBe(bytes && blobKey('killed', 'links', sha256(bytes)));
    }
  });
});
