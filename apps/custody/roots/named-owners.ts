import { InvalidArgumentError } from 'commander';
import type { JsonObject } from '#in-toto/index.js';
import { CommandError } from '../command-error.js';
import { readPublicKey } from '../keys/public-key-file.js';

export interface NamedOwner {
  readonly owner: string;
  readonly key: JsonObject;
}

/** Reads `NAME=FILE`, one for each key; an owner may have several. */
export function namedOwners(texts: readonly string[]): Promise<NamedOwner[]> {
  return Promise.all(texts.map(namedOwner));
}

async function namedOwner(text: string): Promise<NamedOwner> {
  const at = text.lastIndexOf('=');
  if (at < 1) {
    throw new CommandError(`--owner ${text}: write NAME=FILE, e.g. alice=alice.pub`, 'usage');
  }
  const key = await readPublicKey(text.slice(at + 1));
  return { owner: text.slice(0, at), key: key.raw };
}

export function ownerCount(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) {
    throw new InvalidArgumentError('Give a whole number from 1.');
  }
  return Number(text);
}
