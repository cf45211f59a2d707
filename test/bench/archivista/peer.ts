import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestS3 } from '../../support/s3.js';
import { freePort, startServerProcess } from '../../support/server-process.js';

export interface Peer {
  readonly port: number;
  stop(): Promise<void>;
}

/** As its own command line asks for the envelopes with a subject. */
export const SEARCH_BY_DIGEST = `query($algo: String!, $digest: String!) {
  dsses(where: {hasStatementWith: {hasSubjectsWith: {hasSubjectDigestsWith: {value: $digest, algorithm: $algo}}}}) {
    edges { node { gitoidSha256 statement { attestationCollections { name attestations { type } } } } } } }`;

/** Archivista with its own defaults, on this database, with its blobs in a folder or a bucket. */
export async function startArchivista(
  program: string,
  databaseUrl: string,
  blobs: { readonly directory: string } | { readonly s3: TestS3 },
): Promise<Peer> {
  const port = await freePort();
  const server = await startServerProcess({
    command: program,
    args: [],
    env: {
      PATH: process.env.PATH,
      ARCHIVISTA_LISTEN_ON: `tcp://127.0.0.1:${port}`,
      ARCHIVISTA_LOG_LEVEL: 'WARN',
      ARCHIVISTA_ENABLE_SPIFFE: 'false',
      ARCHIVISTA_SQL_STORE_BACKEND: 'PSQL',
      ARCHIVISTA_SQL_STORE_CONNECTION_STRING: `${databaseUrl}?sslmode=disable`,
      ...('s3' in blobs ? inBucket(blobs.s3) : await inDirectory(blobs.directory)),
    },
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/query?query={__typename}`)).ok,
  });
  return { port, stop: server.kill9 };
}

async function inDirectory(directory: string): Promise<Record<string, string>> {
  const folder = join(directory, 'archivista');
  await mkdir(folder, { recursive: true });
  return {
    ARCHIVISTA_STORAGE_BACKEND: 'FILE',
    ARCHIVISTA_FILE_DIR: folder,
    ARCHIVISTA_FILE_SERVE_ON: `127.0.0.1:${await freePort()}`,
  };
}

function inBucket({ endpoint, bucket, accessKeyId, secretAccessKey }: TestS3): Record<string, string> {
  return {
    ARCHIVISTA_STORAGE_BACKEND: 'BLOB',
    ARCHIVISTA_BLOB_STORE_ENDPOINT: new URL(endpoint).host,
    ARCHIVISTA_BLOB_STORE_USE_TLS: 'false',
    ARCHIVISTA_BLOB_STORE_BUCKET_NAME: bucket,
    ARCHIVISTA_BLOB_STORE_ACCESS_KEY_ID: accessKeyId,
    ARCHIVISTA_BLOB_STORE_SECRET_ACCESS_KEY_ID: secretAccessKey,
  };
}
