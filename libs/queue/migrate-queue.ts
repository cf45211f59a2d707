import { runMigrations } from 'bullmq';
import { Client } from 'pg';

/** Brings BullMQ's own tables (schema `bullmq`) to this version. They are used when no REDIS_URL is set. */
export async function migrateQueue(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'custody-migrate' });
  await client.connect();
  try {
    await runMigrations(client, 'bullmq');
  } finally {
    await client.end();
  }
}
