import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '#persistence/data-source.js';
import { migrate } from '#persistence/migrate.js';
import { type Config, ConfigError } from '#platform/config.js';
import { launchPostgres, runningDatabase } from '#platform/postgres/launch.js';

export interface OpenIndex {
  readonly source: DataSource;
  close(): Promise<void>;
}

/** Statements of a check may take long, and nobody waits behind them. */
const UNHURRIED = { statement_timeout: 0, idle_in_transaction_session_timeout: 0 };

/** The index of the configuration, beside a running service or without one. `create`: with the schema of this version. */
export async function openIndex(config: Config, create: boolean): Promise<OpenIndex> {
  const { url, stop } = await reachDatabase(config, create);
  try {
    if (create) {
      await migrate(url);
    }
    const options = dataSourceOptions(url, config.databasePoolSize);
    const extra = { ...(options.extra as object), ...UNHURRIED };
    const source = await new DataSource({ ...options, extra } as typeof options).initialize();
    if (await source.showMigrations()) {
      await source.destroy();
      throw new ConfigError(
        'The database is not of this version: start the service, or run the migrate program, and check then.',
      );
    }
    const close = async (): Promise<void> => {
      await source.destroy();
      await stop();
    };
    return { source, close };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function reachDatabase(
  { databaseUrl, dataDir }: Config,
  create: boolean,
): Promise<{ url: string; stop(): Promise<void> }> {
  if (databaseUrl) {
    return { url: databaseUrl.reveal(), stop: async () => {} };
  }
  const home = join(dataDir, 'postgres');
  if (!create && !(await exists(join(home, 'cluster')))) {
    throw new ConfigError(
      `CUSTODY_DATA_DIR: there is no database in ${home}. Set it, or DATABASE_URL; --rebuild makes a new one from the blobs.`,
    );
  }
  const running = await runningDatabase(home);
  if (running) {
    return { url: running, stop: async () => {} };
  }
  const embedded = await launchPostgres({ dataDir: home });
  return { url: embedded.url, stop: () => embedded.stop() };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
