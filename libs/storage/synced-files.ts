import { closeSync, fdatasync, fstatSync, fsync, open, read, write } from 'node:fs';
import { promisify } from 'node:util';

/*
 * By file descriptor, since a FileHandle is an object with a promise of its own for each call: writing a small blob
 * with them takes twice as much of the thread that everything else runs on. What may wait for the disk is left to the
 * thread pool. The size of an open file and its end are known at once; waking a thread for them takes far longer.
 */
const files = {
  open: promisify(open),
  read: promisify(read),
  write: promisify(write),
  datasync: promisify(fdatasync),
  sync: promisify(fsync),
};

/** Makes a new file, whose bytes are on disk when it resolves. That it is found again is up to its directory. */
export async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.open(path, 'wx', 0o600);
  try {
    await writeAll(file, bytes);
    await files.datasync(file);
  } finally {
    closeSync(file);
  }
}

/** The names in the directory are on disk when it resolves. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await files.open(path, 'r');
  try {
    await files.sync(directory);
  } finally {
    closeSync(directory);
  }
}

/** All of a file that nobody writes any more. */
export async function readWhole(path: string): Promise<Buffer> {
  const file = await files.open(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.allocUnsafeSlow(size);
    let at = 0;
    for (let bytesRead = -1; at < size && bytesRead !== 0; at += bytesRead) {
      ({ bytesRead } = await files.read(file, bytes, at, size - at, at));
    }
    return bytes.subarray(0, at);
  } finally {
    closeSync(file);
  }
}

/** One call seldom writes less than it was given, but it may. */
async function writeAll(file: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await files.write(file, bytes, at);
    at += bytesWritten;
  }
}
