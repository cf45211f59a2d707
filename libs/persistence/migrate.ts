import { createDataSource } from './data-source.js';

/** Key of the advisory lock under which one process migrates while the others wait: "CSTD" in ASCII. */
const MIGRATION_LOCK = 0x43535444;

/** Brings the schema to this version. Safe to call from several processes at once. Returns the migrations that ran. */
export async function migrate(url: string): Promise<string[]> {
  const source = await createDataSource(url, 2).initialize();
  const lockHolder = source.createQueryRunner();
  try {
    await lockHolder.query('select set_config($1, $2, false)', ['statement_timeout', '0']);
    await lockHolder.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const ran = await source.runMigrations();
    return ran.map((migration) => migration.name);
  } finally {
    await lockHolder.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    await lockHolder.release();
    await source.destroy();
  }
}
