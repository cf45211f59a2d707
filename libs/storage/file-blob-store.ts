import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, link, mkdir, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { BlobStore, INCOMING } from './blob-store.js';
import { readWhole, syncDirectory, writeSynced } from './synced-files.js';

/**
 * Blobs as files of one directory tree. A blob is written aside, synced, and linked into place: a reader never sees half
 * a file, and the first writer wins.
 */
export class FileBlobStore extends BlobStore {
  private readonly directories = new Map<string, Promise<void>>();

  private readonly root: string;

  constructor(directory: string) {
    super();
    this.root = resolve(directory);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.writeDurably(key, bytes, (aside, target) => link(aside, target).catch(ignore('EEXIST')));
  }

  async replace(key: string, bytes: Uint8Array): Promise<void> {
    await this.writeDurably(key, bytes, rename);
  }

  private async writeDurably(key: string, bytes: Uint8Array, place: Place): Promise<void> {
    try {
      await this.write(key, bytes, place);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw error;
      }
      // Somebody removed directories that were there before.
      this.directories.clear();
      await this.write(key, bytes, place);
    }
  }

  private async write(key: string, bytes: Uint8Array, place: Place): Promise<void> {
    const target = join(this.root, key);
    await this.makeDirectory(dirname(target));
    await this.makeDirectory(join(this.root, INCOMING));
    const aside = join(this.root, INCOMING, randomUUID());
    try {
      await writeSynced(aside, bytes);
      await place(aside, target);
    } finally {
      await unlink(aside).catch(ignore('ENOENT'));
    }
    await syncDirectory(dirname(target));
  }

  async get(key: string): Promise<Buffer | undefined> {
    return readWhole(join(this.root, key)).catch(ignore('ENOENT'));
  }

  async *list(prefix: string): AsyncIterable<string> {
    const start = join(this.root, dirname(`${prefix}.`));
    for await (const path of files(start)) {
      const key = relative(this.root, path).split(sep).join('/');
      if (key.startsWith(prefix) && (prefix.startsWith(INCOMING) || !key.startsWith(INCOMING))) {
        yield key;
      }
    }
  }

  async writtenAt(key: string): Promise<Date | undefined> {
    const found = await stat(join(this.root, key)).catch(ignore('ENOENT'));
    return found?.mtime;
  }

  async delete(key: string): Promise<void> {
    await unlink(join(this.root, key)).catch(ignore('ENOENT'));
  }

  async check(): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    await access(this.root, constants.W_OK);
  }

  /** Once a process for each directory; whoever needs it waits until it and its entry are durable. */
  private makeDirectory(path: string): Promise<void> {
    const known = this.directories.get(path);
    if (known) {
      return known;
    }
    const made = this.makeDurable(path).catch((error: unknown) => {
      this.directories.delete(path);
      throw error;
    });
    this.directories.set(path, made);
    return made;
  }

  private async makeDurable(path: string): Promise<void> {
    if (path === this.root) {
      await mkdir(path, { recursive: true, mode: 0o700 });
    } else {
      await this.makeDirectory(dirname(path));
      await mkdir(path, { mode: 0o700 }).catch(ignore('EEXIST'));
    }
    await syncDirectory(dirname(path));
  }
}

/** Brings a finished file to its address. */
type Place = (aside: string, target: string) => Promise<void>;

async function* files(directory: string): AsyncIterable<string> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(ignore('ENOENT'));
  for (const entry of entries ?? []) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      yield* files(path);
    } else {
      yield path;
    }
  }
}

function ignore(code: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) {
      throw error;
    }
    return undefined;
  };
}
