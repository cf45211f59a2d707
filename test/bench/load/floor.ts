import { open } from 'node:fs/promises';
import { join } from 'node:path';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { Pool } from 'pg';
import { Secret } from '#platform/secret.js';
import { blobKey, sha256 } from '#storage/content-address.js';
import { FileBlobStore } from '#storage/file-blob-store.js';
import { S3BlobStore } from '#storage/s3-blob-store.js';
import type { S3Access } from '../../support/s3.js';
import { closedLoop, type Load } from './http-load.js';

/** What the parts below the service can do at most, each for itself. */

/** Small appends, each durable before the next. */
export async function syncedWrites(scratch: string, atATime: number, total: number): Promise<Load> {
  const files = await Promise.all(
    Array.from({ length: atATime }, (_, at) => open(join(scratch, `synced-${atATime}-${at}`), 'w')),
  );
  const bytes = Buffer.alloc(4_096, 1);
  try {
    return await closedLoop(atATime, total, async () => {
      const file = files.pop();
      if (!file) throw new Error('more at a time than files');
      await file.write(bytes);
      await file.datasync();
      files.push(file);
    });
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

export async function blobWrites(scratch: string, atATime: number, bodies: readonly Buffer[]): Promise<Load> {
  const store = new FileBlobStore(join(scratch, `blobs-${atATime}`));
  return closedLoop(atATime, bodies.length, async (index) => {
    const body = bodies[index] ?? Buffer.alloc(0);
    await store.put(blobKey('bench', 'links', sha256(body)), body);
  });
}

/** One small row a commit, through the same driver. */
export async function rowCommits(databaseUrl: string, atATime: number, total: number): Promise<Load> {
  const pool = new Pool({ connectionString: databaseUrl, max: Math.min(atATime, 10) });
  try {
    await pool.query(
      'create table if not exists bench_floor (id bytea primary key, step text, size integer)',
    );
    await pool.query('truncate bench_floor');
    return await closedLoop(atATime, total, (index) =>
      pool.query(
        'insert into bench_floor select * from unnest($1::bytea[], $2::text[], $3::integer[]) on conflict do nothing',
        [[sha256(Buffer.from(String(index)))], ['build'], [4_096]],
      ),
    );
  } finally {
    await pool.end();
  }
}

/** Rows of the same kind, fifty a statement and a commit; the rate is of rows. */
export async function unnestInserts(databaseUrl: string, atATime: number, total: number): Promise<Load> {
  const pool = new Pool({ connectionString: databaseUrl, max: Math.min(atATime, 10) });
  try {
    await pool.query(
      'create table if not exists bench_unnest (id bytea primary key, step text, size integer)',
    );
    await pool.query('truncate bench_unnest');
    const load = await closedLoop(atATime, Math.ceil(total / ROWS), (index) => {
      const ids = Array.from({ length: ROWS }, (_, row) => sha256(Buffer.from(`${index} ${row}`)));
      return pool.query(
        'insert into bench_unnest select * from unnest($1::bytea[], $2::text[], $3::integer[]) on conflict do nothing',
        [ids, ids.map(() => 'build'), ids.map(() => 4_096)],
      );
    });
    return { ...load, perSecond: load.perSecond * ROWS, cpuMicros: load.cpuMicros / ROWS };
  } finally {
    await pool.end();
  }
}

const ROWS = 50;

/** Objects put as the service puts them, and nothing else. */
export async function s3Puts(
  s3: S3Access & { bucket: string },
  atATime: number,
  bodies: readonly Buffer[],
): Promise<Load> {
  const store = new S3BlobStore({
    kind: 's3',
    bucket: s3.bucket,
    region: s3.region,
    endpoint: s3.endpoint,
    accessKeyId: s3.accessKeyId,
    secretAccessKey: new Secret(s3.secretAccessKey),
  });
  try {
    return await closedLoop(atATime, bodies.length, async (index) => {
      const body = bodies[index] ?? Buffer.alloc(0);
      await store.put(blobKey('floor', 'links', sha256(body)), body);
    });
  } finally {
    store.close();
  }
}

export interface BareServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Fastify without Nest, guards, validation or storage. */
export async function bareServer(
  answer: (request: FastifyRequest, reply: FastifyReply) => FastifyReply,
): Promise<BareServer> {
  const server = Fastify({ logger: false });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, async (_: FastifyRequest, body: Buffer) => body);
  server.all('/*', answer);
  await server.listen({ port: 0, host: '127.0.0.1' });
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port.');
  return { port: address.port, close: () => server.close() };
}
