import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlobCorruptError, type BlobStore } from './blob-store.js';
import { blobKey, readVerified, sha256 } from './content-address.js';

export interface OpenStore {
  readonly store: BlobStore;
  /** The same blobs as another process sees them. */
  readonly other: BlobStore;
  close(): Promise<void>;
}

/** What every BlobStore is held to. `open` gives an empty store. */
export function blobStoreContract(name: string, open: () => Promise<OpenStore>): void {
  describe(`${name} as a blob store`, () => {
    let opened: OpenStore;
    let store: BlobStore;

    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });

    afterAll(() => opened?.close());

    it('gives back the very bytes, also to another process', async () => {
      const bytes = randomBytes(100_000);
      await store.put('acme/web/links/ab/abcd', bytes);
      expect((await store.get('acme/web/links/ab/abcd'))?.equals(bytes)).toBe(true);
      expect((await opened.other.get('acme/web/links/ab/abcd'))?.equals(bytes)).toBe(true);
    });

    it('keeps an empty blob', async () => {
      await store.put('acme/empty', new Uint8Array());
      expect(await store.get('acme/empty')).toEqual(Buffer.alloc(0));
    });

    it('has nothing under a key that was never put', async () => {
      expect(await store.get('acme/web/links/00/never')).toBeUndefined();
    });

    it('leaves a blob as it is when it is put again', async () => {
      await store.put('acme/first', Buffer.from('first'));
      await opened.other.put('acme/first', Buffer.from('first'));
      expect(await store.get('acme/first')).toEqual(Buffer.from('first'));
    });

    it('lets eight writers put one blob, and no reader sees half of it', async () => {
      const bytes = randomBytes(2_000_000);
      const writers = Array.from({ length: 8 }, (_, i) =>
        (i % 2 ? store : opened.other).put('acme/race', bytes),
      );
      const readers = Array.from({ length: 8 }, () => store.get('acme/race'));
      const seen = await Promise.all(readers);
      await Promise.all(writers);
      expect(seen.every((blob) => blob === undefined || blob.equals(bytes))).toBe(true);
      expect((await store.get('acme/race'))?.equals(bytes)).toBe(true);
    });

    it('detects bytes that are not those of the address', async () => {
      const id = sha256(Buffer.from('what was signed'));
      await store.put(blobKey('acme/web', 'links', id), Buffer.from('what somebody put there'));
      await expect(readVerified(store, 'acme/web', 'links', id)).rejects.toThrow(BlobCorruptError);
    });

    it('lists every key of a prefix and no other', async () => {
      const keys = Array.from({ length: 12 }, (_, i) => `acme/list/links/${i}/blob-${i}`);
      await Promise.all([...keys, 'acme/list2/links/1/other'].map((key) => store.put(key, Buffer.from(key))));
      const listed: string[] = [];
      for await (const key of store.list('acme/list/')) {
        listed.push(key);
      }
      expect(listed.sort()).toEqual(keys.sort());
    });

    it('lists nothing where nothing is', async () => {
      for await (const key of store.list('nobody/')) {
        throw new Error(`listed ${key}`);
      }
    });

    it('says when a blob was written, and of none when it is not there', async () => {
      await store.put('acme/dated', Buffer.from('x'));
      const age = Date.now() - ((await store.writtenAt('acme/dated'))?.getTime() ?? 0);
      expect(Math.abs(age)).toBeLessThan(3_600_000);
      expect(await store.writtenAt('acme/never')).toBeUndefined();
    });

    it('replaces a damaged blob, and writes one that is missing', async () => {
      await store.put('acme/damaged', Buffer.from('damaged'));
      for (const key of ['acme/damaged', 'acme/missing']) {
        await store.replace(key, Buffer.from('sound'));
        expect(await opened.other.get(key)).toEqual(Buffer.from('sound'));
      }
    });

    it('forgets a deleted blob, and deleting twice is no error', async () => {
      await store.put('acme/gone', Buffer.from('x'));
      await store.delete('acme/gone');
      await store.delete('acme/gone');
      expect(await store.get('acme/gone')).toBeUndefined();
    });

    it('says that it can be reached', async () => {
      await store.check();
    });
  });
}
