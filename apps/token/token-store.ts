import { type TokenInfo, type TokenRequest, TokenService } from '#access/token-service.js';
import { createDataSource } from '#persistence/data-source.js';
import { ConfigError } from '#platform/config.js';
import { CommandError, reasonOf } from './command-error.js';
import { ServiceClient } from './service-client.js';

export interface TokenStore {
  create(request: TokenRequest): Promise<TokenInfo & { token: string }>;
  list(): Promise<TokenInfo[]>;
  revoke(id: string): Promise<void>;
  close(): Promise<void>;
}

/** The service when an operator token is at hand, else the database itself. */
export async function tokenStore(env: Readonly<Record<string, string | undefined>>): Promise<TokenStore> {
  if (env.CUSTODY_TOKEN) {
    return overHttp(env.CUSTODY_URL || 'http://127.0.0.1:8470', env.CUSTODY_TOKEN);
  }
  if (env.DATABASE_URL) {
    return onDatabase(env.DATABASE_URL);
  }
  throw new ConfigError(
    'Set CUSTODY_TOKEN to an operator token (and CUSTODY_URL when the service is elsewhere), or DATABASE_URL.',
  );
}

async function onDatabase(url: string): Promise<TokenStore> {
  const source = await createDataSource(url, 2)
    .initialize()
    .catch((error: unknown) => {
      throw new CommandError(`The database that DATABASE_URL names cannot be used: ${reasonOf(error)}`);
    });
  const tokens = new TokenService(source);
  return {
    create: (request) => tokens.create(request, new Date()),
    list: () => tokens.list(),
    revoke: (id) => tokens.revoke(id, new Date()),
    close: () => source.destroy(),
  };
}

function overHttp(url: string, token: string): TokenStore {
  const service = new ServiceClient(url, token);
  return {
    create: async (request) =>
      (await service.call('POST', '/tokens', request)) as TokenInfo & { token: string },
    list: async () => ((await service.call('GET', '/tokens')) as { tokens: TokenInfo[] }).tokens,
    revoke: async (id) => {
      await service.call('DELETE', `/tokens/${encodeURIComponent(id)}`);
    },
    close: async () => {},
  };
}
