import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { SUPERUSER } from '#platform/postgres/cluster.js';
import { settlesWithin } from '#platform/postgres/settles-within.js';

// 'custody' in ASCII. The lock lives in the database `postgres`, where nothing else takes one.
const LAUNCHER_LOCK = '27995161429501049';

/** A server that hangs does not say goodbye, and is to be ended all the same. */
const FAREWELL_MS = 2_000;

/**
 * A running server belongs to the process that holds its launcher lock. The lock is tied to a connection, so it ends
 * with its process however that ends, which no lock file can promise.
 */
export interface Ownership {
  release(): Promise<void>;
}

/** Takes the server that listens on `port`; undefined while another live process owns it. */
export async function takeOwnership(port: number, password: string): Promise<Ownership | undefined> {
  let released = false;
  let client = await lockedConnection(port, password, retake);
  if (client === undefined) return undefined;

  /** A crashed backend makes the server drop every connection, ours too: the lock is taken again when it is back. */
  async function retake(): Promise<void> {
    while (!released) {
      await sleep(200, undefined, { ref: false });
      client = await lockedConnection(port, password, retake).catch(() => undefined);
      if (client !== undefined) return;
    }
  }

  return {
    release: async () => {
      released = true;
      if (client) await settlesWithin(client.end(), FAREWELL_MS);
    },
  };
}

async function lockedConnection(
  port: number,
  password: string,
  onLoss: () => Promise<void>,
): Promise<Client | undefined> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: SUPERUSER,
    password,
    database: 'postgres',
    connectionTimeoutMillis: 5_000,
    application_name: 'custody launcher',
  });
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
    LAUNCHER_LOCK,
  ]);
  if (rows[0]?.locked) {
    client.once('end', () => void onLoss());
    return client;
  }
  await client.end();
  return undefined;
}
