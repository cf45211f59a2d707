import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { launchPostgres } from '#platform/postgres/launch.js';
import { cached } from '../support/cache.js';
import { startS3, type TestS3 } from '../support/s3.js';
import { installArchivista } from './archivista/install.js';
import { compareLookups, type Stores } from './archivista/lookups.js';
import { startArchivista } from './archivista/peer.js';
import { signedStatements } from './archivista/statements.js';
import { blobWrites, s3Puts, syncedWrites, unnestInserts } from './load/floor.js';
import { httpLoad, httpRequest, type Load } from './load/http-load.js';
import { benchOptions } from './options.js';
import { figure, percent, printEnvironment, table } from './report.js';
import { withProgram, withScratch } from './service.js';

const options = benchOptions('Custody and Archivista side by side: uploads and lookups by digest', {
  version: ['v0.10.0', 'of Archivista'],
  uploads: ['2000', 'at 10 and 50 connections; a quarter of it at 1'],
  stored: ['300000', 'statements in each store before the lookups; 0: no lookups'],
  lookups: ['3000', 'of ours at 10 connections; a hundredth of it of theirs'],
});
const UPLOADS = Number(options.uploads);
const STORED = Number(options.stored);
const CONNECTIONS = [1, 10, 50];
const totalAt = (connections: number) => (connections === 1 ? Math.ceil(UPLOADS / 4) : UPLOADS);

/** For both. Archivista opens up to a hundred connections. */
const SETTINGS = { max_connections: '300', shared_buffers: '256MB', max_wal_size: '1GB' };

printEnvironment();
const program = install();
await withScratch(async (scratch) => {
  const postgres = await launchPostgres({ dataDir: join(scratch, 'postgres'), settings: SETTINGS });
  console.log(
    `one PostgreSQL 18 for both, fsync on, ${JSON.stringify(SETTINGS)}; Archivista ${options.version}, defaults\n`,
  );
  try {
    await withStores(postgres.url, scratch, undefined, async (stores) => {
      console.log(
        'local files: ours are synced to disk before the answer, Archivista does not sync its own\n',
      );
      await compareUploads(stores, 'files', async (connections, bodies) => ({
        'floor: fdatasync of 4 KiB': await syncedWrites(scratch, connections, bodies.length),
        'floor: FileBlobStore.put': await blobWrites(scratch, connections, bodies),
        'floor: unnest of 50 rows': await unnestInserts(postgres.url, connections, 10 * bodies.length),
      }));
      if (STORED > 0) await compareLookups(stores, postgres.url, STORED, Number(options.lookups));
    });
    if (!existsSync(cached('bin/versitygw'))) {
      console.log('\nno S3 server: run .ci/install-s3 to compare with one');
      return;
    }
    const s3 = await startS3();
    try {
      await withStores(postgres.url, scratch, s3, async (stores) => {
        console.log('\nS3: versitygw on local files, the same for both\n');
        await compareUploads(stores, 's3', async (connections, bodies) => ({
          'floor: S3BlobStore.put': await s3Puts(s3, connections, bodies),
        }));
      });
    } finally {
      await s3.stop();
    }
  } finally {
    await postgres.stop();
  }
});

function install(): string {
  try {
    return installArchivista(options.version);
  } catch (error) {
    console.log(
      `Archivista could not be built here, so there is nothing to compare with: ${(error as Error).message}`,
    );
    process.exit(1);
  }
}

/** Both services, each on an empty database of its own on the one server. */
async function withStores(
  server: string,
  scratch: string,
  s3: TestS3 | undefined,
  work: (stores: Stores) => Promise<void>,
): Promise<void> {
  const name = s3 ? 's3' : 'files';
  const ours = await createDatabase(server, `custody_${name}`);
  const theirs = await createDatabase(server, `archivista_${name}`);
  const settings = s3 ? s3Settings(s3) : {};
  await withProgram({ DATABASE_URL: ours, ...settings }, async (custody) => {
    const peer = await startArchivista(program, theirs, s3 ? { s3 } : { directory: scratch });
    try {
      await work({ custody, archivistaPort: peer.port });
    } finally {
      await peer.stop();
    }
  });
}

function s3Settings(s3: TestS3): Record<string, string> {
  return {
    CUSTODY_S3_ENDPOINT: s3.endpoint,
    CUSTODY_S3_BUCKET: s3.bucket,
    CUSTODY_S3_ACCESS_KEY_ID: s3.accessKeyId,
    CUSTODY_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
  };
}

async function createDatabase(server: string, name: string): Promise<string> {
  const client = new Client({ connectionString: server });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

type Floors = (connections: number, bodies: readonly Buffer[]) => Promise<Record<string, Load>>;

async function compareUploads(
  { custody, archivistaPort }: Stores,
  name: string,
  floors: Floors,
): Promise<void> {
  const make = (what: string, count: number) =>
    signedStatements(custody.cast.builder, `${name} ${what}`, count);
  const toCustody = (connections: number, bodies: readonly Buffer[]) => {
    const headers = { authorization: custody.authorization, 'content-type': 'application/json' };
    const requests = bodies.map((body, at) =>
      httpRequest('POST', `/links?run=${name}-${connections}-${Math.floor(at / 3)}`, headers, body),
    );
    const port = Number(new URL(custody.url).port);
    return httpLoad({ port, connections, total: requests.length, requests }, 201);
  };
  const toArchivista = (connections: number, bodies: readonly Buffer[]) => {
    const headers = { 'content-type': 'application/json' };
    const requests = bodies.map((body) => httpRequest('POST', '/v1/upload', headers, body));
    return httpLoad({ port: archivistaPort, connections, total: requests.length, requests }, 200);
  };
  for (const upload of [toCustody, toArchivista])
    await upload(10, make(`warm-up ${upload.name}`, UPLOADS / 2));
  const rows: (string | number)[][] = [];
  for (const connections of CONNECTIONS) {
    const bodies = make(`at ${connections}`, totalAt(connections));
    const ours = await toCustody(connections, bodies);
    const theirs = await toArchivista(connections, bodies);
    const add = (what: string, load: Load, ratio: string) =>
      rows.push([what, connections, load.perSecond, load.p50, load.p99, ratio]);
    add('Custody', ours, `${figure(ours.perSecond / theirs.perSecond)} x Archivista`);
    add('Archivista', theirs, '');
    const fresh = make(`floor at ${connections}`, totalAt(connections));
    for (const [what, load] of Object.entries(await floors(connections, fresh))) {
      add(what, load, `Custody: ${percent(ours.perSecond, load.perSecond)} of it`);
    }
  }
  const [size = 0] = make('size', 1).map((body) => body.length);
  table([`statements of ${size} bytes`, 'connections', 'uploads/s', 'p50 ms', 'p99 ms', 'ratio'], rows);
  console.log('\ntarget: at least 5 x Archivista at 50 connections, and a lower p99 at each');
}
