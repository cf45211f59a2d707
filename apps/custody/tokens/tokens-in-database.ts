import { TokenService } from '#access/token-service.js';
import { createDataSource } from '#persistence/data-source.js';
import { CommandError, reasonOf } from '../command-error.js';
import type { TokenStore } from './token-store.js';

/** How the first token of a distributed installation is made. */
export async function tokensInDatabase(url: string): Promise<TokenStore> {
  const source = await createDataSource(url, 2)
    .initialize()
    .catch((error: unknown) => {
      throw new CommandError(
        `The database that DATABASE_URL names cannot be used: ${reasonOf(error)}`,
        'unreachable',
      );
    });
  const tokens = new TokenService(source);
  return {
    create: (request) => tokens.create(request, new Date()),
    list: () => tokens.list(),
    revoke: (id) => tokens.revoke(id, new Date()),
    close: () => source.destroy(),
  };
}
