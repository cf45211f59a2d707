import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the install scripts of `.ci/` keep what they built; they compute the same path. */
export function cached(path: string): string {
  return join(process.env.CUSTODY_CACHE ?? join(homedir(), '.cache', 'custody'), path);
}
