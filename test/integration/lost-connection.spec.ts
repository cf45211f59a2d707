import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDataSource } from '#persistence/data-source.js';
import { inTransaction } from '#persistence/transaction.js';
import { OutageError } from '#platform/outage.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

let database: TestDatabase;
let source: DataSource;

beforeAll(async () => {
  database = await createDatabase();
  source = await createDataSource(database.url).initialize();
});

afterAll(async () => {
  await source.destroy();
  await database.drop();
});

it('is an outage also between two statements of a transaction, and the next transaction has another connection', async () => {
  const broken = inTransaction(source, async (tx) => {
    const [{ pid }] = await tx.query<[{ pid: number }]>('select pg_backend_pid() as pid');
    await source.query('select pg_terminate_backend($1)', [pid]);
    await sleep(100);
    await tx.query('select 1');
  });
  await expect(broken).rejects.toThrow(OutageError);
  expect(await inTransaction(source, (tx) => tx.query('select 1 as alive'))).toEqual([{ alive: 1 }]);
});
