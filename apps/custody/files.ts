import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { CommandError } from './command-error.js';

export async function readInput(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${(error as Error).message}`, 'usage');
  }
}

/** Replaces the file as a whole, or not at all. */
export async function writeOutput(path: string, content: Parameters<typeof writeFile>[1]): Promise<void> {
  const incoming = `${path}.${process.pid}.incoming`;
  try {
    await writeFile(incoming, content, { flag: 'wx' });
    await rename(incoming, path);
  } catch (error) {
    await rm(incoming, { force: true });
    throw new CommandError(`${path} cannot be written: ${(error as Error).message}`, 'usage');
  }
}
