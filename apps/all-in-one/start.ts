import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { TokenService } from '#access/token-service.js';
import { migrate } from '#persistence/migrate.js';
import { createHttpApp } from '#platform/bootstrap.js';
import type { Config } from '#platform/config.js';
import { launchPostgres } from '#platform/postgres/launch.js';
import { Secret } from '#platform/secret.js';
import { migrateQueue } from '#queue/migrate-queue.js';
import { S3BlobStore } from '#storage/s3-blob-store.js';
import { AllInOneModule } from './all-in-one.module.js';

export interface AllInOne {
  readonly app: NestFastifyApplication;
  readonly url: string;
  /** The operator token of a new installation; undefined when there are tokens already. */
  readonly firstToken: string | undefined;
  /** Settles when the embedded database has ended, wanted or not. Never without one. */
  readonly databaseEnded: Promise<void>;
  /** Stops the embedded database; the app is closed first. */
  stopDatabase(): Promise<void>;
}

/** The whole service in this process, with the embedded database when the configuration names no other. */
export async function startAllInOne(config: Config, logger: Logger): Promise<AllInOne> {
  const embedded = config.databaseUrl
    ? undefined
    : await launchPostgres({
        dataDir: join(config.dataDir, 'postgres'),
        log: (message) => logger.info(message),
      });
  const stopDatabase = async () => embedded?.stop();
  try {
    const databaseUrl = embedded ? new Secret(embedded.url) : config.databaseUrl;
    const complete = { ...config, databaseUrl };
    const url = databaseUrl?.reveal() ?? '';
    const ran = await migrate(url);
    if (ran.length > 0) {
      logger.info({ migrations: ran }, 'the database schema was brought up to date');
    }
    if (!config.redisUrl) {
      await migrateQueue(url);
    }
    if (config.blobs.kind === 's3') {
      const blobs = new S3BlobStore(config.blobs);
      await blobs.ensureBucket();
      blobs.close();
    }
    const app = await createHttpApp(AllInOneModule.forRoot(complete, logger), complete, logger);
    try {
      await app.listen(config.http.port, config.http.host);
    } catch (error) {
      await app.close();
      throw error;
    }
    // Only now: a token made by a start that fails would never be shown.
    const firstToken = await app.get(TokenService).createFirst(new Date());
    return {
      app,
      url: (await app.getUrl()).replace('[::1]', 'localhost'),
      firstToken,
      databaseEnded: embedded?.exited ?? new Promise(() => {}),
      stopDatabase,
    };
  } catch (error) {
    await stopDatabase();
    throw error;
  }
}
