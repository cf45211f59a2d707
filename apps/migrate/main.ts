import { migrate } from '#persistence/migrate.js';
import { ConfigError, loadConfig } from '#platform/config.js';
import { createLogger } from '#platform/logger.js';
import { runMain } from '#platform/run-main.js';
import { migrateQueue } from '#queue/migrate-queue.js';
import { S3BlobStore } from '#storage/s3-blob-store.js';

/** Brings database and bucket to what this version needs, once, before the other processes of a new version start. */
await runMain(async () => {
  const config = loadConfig(process.env);
  if (!config.databaseUrl) {
    throw new ConfigError(
      'DATABASE_URL: needed to migrate; the all-in-one service migrates its embedded database itself',
    );
  }
  const logger = createLogger(config, 'migrate');
  const migrations = await migrate(config.databaseUrl.reveal());
  await migrateQueue(config.databaseUrl.reveal());
  logger.info({ migrations }, 'the database is up to date');
  if (config.blobs.kind === 's3') {
    const blobs = new S3BlobStore(config.blobs);
    await blobs.ensureBucket();
    blobs.close();
    logger.info({ bucket: config.blobs.bucket }, 'the bucket is there');
  }
});
