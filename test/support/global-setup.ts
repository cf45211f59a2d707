import type { TestProject } from 'vitest/node';
import { migrate } from '#persistence/migrate.js';
import { migrateQueue } from '#queue/migrate-queue.js';
import { startTestPostgres } from './postgres.js';

/** One PostgreSQL server for the whole run; each test file that asks for it gets a migrated database of its own. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const postgres = await startTestPostgres(async (url) => {
    await migrate(url);
    await migrateQueue(url);
  });
  provide('postgres', { url: postgres.url });
  return () => postgres.stop();
}
