import type { TestProject } from 'vitest/node';
import { startTestPostgres } from './postgres.js';

/** One PostgreSQL server for the whole run; each test file that asks for it gets a database of its own. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const postgres = await startTestPostgres(async () => {});
  provide('postgres', { url: postgres.url });
  return () => postgres.stop();
}
