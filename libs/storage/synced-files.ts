import { close, fdatasync, fsync, open, write } from 'node:fs';
import { promisify } from 'node:util';

/*
 * By file descriptor, since a FileHandle is an object with a promise of its own for each call: writing a small blob
 * with them takes twice as much of the thread that everything else runs on.
 */
const files = {
  open: promisify(open),
  write: promisify(write),
  datasync: promisify(fdatasync),
  sync: promisify(fsync),
  close: promisify(close),
};

/** Makes a new file, whose bytes are on disk when it resolves. That it is found again is up to its directory. */
export async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.open(path, 'wx', 0o600);
  try {
    await writeAll(file, bytes);
    await files.datasync(file);
  } finally {
    await files.close(file);
  }
}

/** The names in the directory are on disk when it resolves. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await files.open(path, 'r');
  try {
    await files.sync(directory);
  } finally {
    await files.close(directory);
  }
}

/** One call seldom writes less than it was given, but it may. */
async function writeAll(file: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await files.write(file, bytes, at);
    at += bytesWritten;
  }
}
