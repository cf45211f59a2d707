import { readFileSync } from 'node:fs';
import { ConfigError } from '#platform/config.js';
import { ServiceClient } from './service-client.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export const DEFAULT_URL = 'http://127.0.0.1:8470';

/** The service that the environment names. A token is never an argument: those are for everybody on the machine to see. */
export function connect(env: Environment): ServiceClient {
  return new ServiceClient(env.CUSTODY_URL || DEFAULT_URL, tokenFrom(env));
}

function tokenFrom({ CUSTODY_TOKEN: token, CUSTODY_TOKEN_FILE: path }: Environment): string {
  if (token && path) {
    // Who has exported one and means the other would act as somebody else.
    throw new ConfigError(
      'CUSTODY_TOKEN and CUSTODY_TOKEN_FILE are both set: unset the one that is not meant.',
    );
  }
  if (token) {
    return usable(token, 'CUSTODY_TOKEN');
  }
  if (!path) {
    throw new ConfigError(
      'Set CUSTODY_TOKEN to a token, or CUSTODY_TOKEN_FILE to a file that holds one (and CUSTODY_URL when the service is elsewhere).',
    );
  }
  return usable(contentOf(path), `CUSTODY_TOKEN_FILE: ${path}`);
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`CUSTODY_TOKEN_FILE: ${(error as Error).message}`);
  }
}

/** What cannot be sent would look like a service that does not answer. */
function usable(text: string, source: string): string {
  const token = text.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new ConfigError(`${source} holds no token: it is one word, such as custody_1f…_9c….`);
  }
  return token;
}
