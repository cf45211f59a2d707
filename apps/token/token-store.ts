import { type TokenInfo, type TokenRequest, TokenService } from '#access/token-service.js';
import { createDataSource } from '#persistence/data-source.js';
import { ConfigError } from '#platform/config.js';

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
  const source = await createDataSource(url, 2).initialize();
  const tokens = new TokenService(source);
  return {
    create: (request) => tokens.create(request, new Date()),
    list: () => tokens.list(),
    revoke: (id) => tokens.revoke(id, new Date()),
    close: () => source.destroy(),
  };
}

function overHttp(url: string, token: string): TokenStore {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const answer: unknown = response.status === 204 ? undefined : await response.json();
    if (!response.ok) {
      const { code, detail } = answer as { code?: string; detail?: string };
      throw Object.assign(new Error(`${code ?? response.status}: ${detail ?? response.statusText}`), {
        code,
      });
    }
    return answer;
  };
  return {
    create: async (request) => (await call('POST', '/tokens', request)) as TokenInfo & { token: string },
    list: async () => ((await call('GET', '/tokens')) as { tokens: TokenInfo[] }).tokens,
    revoke: async (id) => {
      await call('DELETE', `/tokens/${encodeURIComponent(id)}`);
    },
    close: async () => {},
  };
}
