import { existsSync } from 'node:fs';
import type { KeyInfo } from '#trust/keys/key-info.js';
import { CommandError } from '../command-error.js';
import type { ServiceClient } from '../service-client.js';
import { readFingerprint } from './public-key-file.js';

/** How a command names a key: for its `--help`. */
export const KEY_ARGUMENT =
  'its fingerprint or key id or the first 8 digits or more of one, or a file with the public key';

/** The key's fingerprint or id in full. */
export async function namedKey(
  service: ServiceClient,
  chain: string | undefined,
  name: string,
): Promise<string> {
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(name)) {
    return name;
  }
  return /^[0-9a-f]{8,}$/.test(name) ? keyThatBegins(service, chain, name) : keyInFile(name);
}

async function keyInFile(path: string): Promise<string> {
  if (!existsSync(path)) {
    throw new CommandError(
      `${path} names no key: there is no such file, and a fingerprint or key id has 8 lower-case digits or more.\n` +
        '  See: custody keys list',
      'usage',
    );
  }
  return readFingerprint(path);
}

async function keyThatBegins(
  service: ServiceClient,
  chain: string | undefined,
  beginning: string,
): Promise<string> {
  const { keys } = await service.get<{ keys: KeyInfo[] }>('/keys', { chain });
  const [found, ...others] = keys.filter(({ fingerprint, keyids }) =>
    [fingerprint, ...keyids].some((id) => id.startsWith(beginning)),
  );
  if (!found) {
    throw new CommandError(
      `KEY_UNKNOWN: No key of the chain begins with ${beginning}.\n  See: custody keys list`,
    );
  }
  if (others.length > 0) {
    throw new CommandError(
      `KEY_AMBIGUOUS: ${others.length + 1} keys begin with ${beginning}.\n  Give more digits.`,
    );
  }
  return found.fingerprint;
}
