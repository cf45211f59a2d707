import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from './postgres.js';

describe('createDatabase', () => {
  let one: TestDatabase;
  let other: TestDatabase;

  beforeAll(async () => {
    [one, other] = await Promise.all([createDatabase(), createDatabase()]);
  });

  afterAll(async () => {
    await Promise.all([one?.drop(), other?.drop()]);
  });

  it('gives databases that do not see each other', async () => {
    const client = await connect(one.url);
    const neighbour = await connect(other.url);
    try {
      await client.query('create table mine as select 1 as value');
      await expect(neighbour.query('select value from mine')).rejects.toThrow(
        'relation "mine" does not exist',
      );
    } finally {
      await Promise.all([client.end(), neighbour.end()]);
    }
  });

  it('drops a database that still has connections', async () => {
    const { url, drop } = await createDatabase();
    const client = await connect(url);
    const ended = new Promise((resolve) => client.once('end', resolve));
    client.on('error', () => {});
    await drop();
    await ended;
    await expect(connect(url)).rejects.toThrow('does not exist');
  });
});

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}
