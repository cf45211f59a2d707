import { join } from 'node:path';
import { Client as Database } from 'pg';
import { channels } from '#persistence/channels.js';
import { launchPostgres } from '#platform/postgres/launch.js';
import { type Cast, makeKeys, signLayout } from '../../demo/pipeline.js';
import { Client } from '../../support/client.js';
import { startProgram } from '../../support/program.js';
import { CHAIN, type ReadyService, withProgram, withScratch } from '../service.js';

/** A service in one process, as installed without settings, and another process that answers on the same database. */
export interface Installation {
  readonly service: ReadyService;
  readonly elsewhere: string;
  readonly operator: Client;
  readonly database: Database;
  /** Of the chain whose members mean no good. */
  readonly hostile: Cast;
  /** `authorization` of tokens that may post links: of that chain, and of the tenant's own. */
  readonly hostileTokens: Readonly<Record<'other chain' | 'same chain', string>>;
}

const HOSTILE_CHAIN = 'other/chain';

export async function withInstallation<T>(
  folder: string,
  work: (installation: Installation) => Promise<T>,
): Promise<T> {
  return withScratch(async (scratch) => {
    const settings = { shared_preload_libraries: 'pg_stat_statements' };
    const postgres = await launchPostgres({ dataDir: join(scratch, 'postgres'), settings });
    const environment = { DATABASE_URL: postgres.url, CUSTODY_DATA_DIR: join(scratch, 'data') };
    const database = new Database({ connectionString: postgres.url });
    try {
      await database.connect();
      await database.query(`create extension pg_stat_statements; listen ${channels.verdict}`);
      return await withProgram(
        environment,
        async (service) => {
          const other = await startProgram('query-api', environment, folder);
          try {
            const operator = new Client(service.url, service.operatorAuthorization.slice('Bearer '.length));
            const hostile = makeKeys();
            await operator.createChain(HOSTILE_CHAIN, hostile.owner);
            await operator.postLayout(HOSTILE_CHAIN, signLayout(hostile, new Date(Date.now() + 86_400_000)));
            const tokenFor = async (chain: string) =>
              `Bearer ${await operator.createToken(['ingest'], chain)}`;
            const hostileTokens = {
              'other chain': await tokenFor(HOSTILE_CHAIN),
              'same chain': await tokenFor(CHAIN),
            };
            return await work({ service, elsewhere: other.url, operator, database, hostile, hostileTokens });
          } finally {
            await other.end('SIGTERM');
          }
        },
        folder,
      );
    } finally {
      await database.end();
      await postgres.stop();
    }
  });
}
