import { randomBytes } from 'node:crypto';
import { blobKey, sha256 } from '#storage/content-address.js';
import { FileBlobStore } from '#storage/file-blob-store.js';

/** Puts blobs into the directory given until it is killed, and prints the id of each one that was acknowledged. */
const store = new FileBlobStore(process.argv[2] ?? '');

async function write(): Promise<never> {
  for (;;) {
    const bytes = randomBytes(500_000);
    const id = sha256(bytes);
    await store.put(blobKey('killed', 'links', id), bytes);
    process.stdout.write(`${id.toString('hex')}\n`);
  }
}

await Promise.all([write(), write(), write(), write()]);
