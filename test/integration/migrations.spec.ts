import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDataSource } from '#persistence/data-source.js';
import { migrate } from '#persistence/migrate.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

describe('the migrations', () => {
  let database: TestDatabase;
  let source: ReturnType<typeof createDataSource>;

  beforeAll(async () => {
    database = await createDatabase();
    source = await createDataSource(database.url, 2).initialize();
  });

  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  const drift = async () =>
    (await source.driver.createSchemaBuilder().log()).upQueries.map(({ query }) => query);
  const tables = () =>
    source.query<{ name: string }[]>(
      `select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
    );

  it('make exactly the schema that the entities describe', async () => {
    expect(await drift()).toEqual([]);
  });

  it('undo everything, and do it again', async () => {
    for (const _ of source.migrations) {
      await source.undoLastMigration();
    }
    expect(await tables()).toEqual([{ name: 'migration' }]);
    await source.runMigrations();
    expect(await drift()).toEqual([]);
  });

  it('run once when several processes start at the same time', async () => {
    for (const _ of source.migrations) {
      await source.undoLastMigration();
    }
    const ran = await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)]);
    expect(ran.flat()).toEqual(source.migrations.map(({ name }) => name));
  });
});
