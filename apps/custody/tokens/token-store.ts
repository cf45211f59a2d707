import type { TokenInfo, TokenRequest } from '#access/token-service.js';
import { ConfigError } from '#platform/config.js';
import { connect, type Environment } from '../connect.js';
import type { ServiceClient } from '../service-client.js';

export interface TokenStore {
  create(request: TokenRequest): Promise<TokenInfo & { token: string }>;
  list(): Promise<TokenInfo[]>;
  revoke(id: string): Promise<void>;
  close(): Promise<void>;
}

/** The service when an operator token is at hand, else the database itself. */
export async function tokenStore(env: Environment): Promise<TokenStore> {
  if (env.CUSTODY_TOKEN || env.CUSTODY_TOKEN_FILE) {
    return overHttp(connect(env));
  }
  if (env.DATABASE_URL) {
    // Loaded when it is needed only: it is most of what there is to load.
    const { tokensInDatabase } = await import('./tokens-in-database.js');
    return tokensInDatabase(env.DATABASE_URL);
  }
  throw new ConfigError(
    'Set CUSTODY_TOKEN to an operator token or CUSTODY_TOKEN_FILE to a file that holds one (and CUSTODY_URL when the service is elsewhere), or DATABASE_URL.',
  );
}

function overHttp(service: ServiceClient): TokenStore {
  return {
    create: (request) => service.post('/tokens', { body: request }),
    list: async () => (await service.get<{ tokens: TokenInfo[] }>('/tokens')).tokens,
    revoke: async (id) => {
      await service.call('DELETE', `/tokens/${encodeURIComponent(id)}`);
    },
    close: async () => {},
  };
}
