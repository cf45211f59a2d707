import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { cached } from './cache.js';
import { freePort, type ServerProcess, startServerProcess } from './server-process.js';

export interface S3Access {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface TestS3 extends S3Access {
  /** Exists and is empty. */
  readonly bucket: string;
  stop(): Promise<void>;
}

/** An S3 for tests that only use it: S3_TEST_ENDPOINT, else a server of its own. For suites of `component('s3')`. */
export async function useS3(): Promise<TestS3> {
  const endpoint = process.env.S3_TEST_ENDPOINT;
  if (!endpoint) return startS3();
  const access = {
    endpoint,
    region: process.env.S3_TEST_REGION ?? 'us-east-1',
    accessKeyId: process.env.S3_TEST_ACCESS_KEY_ID ?? '',
    secretAccessKey: process.env.S3_TEST_SECRET_ACCESS_KEY ?? '',
  };
  return { ...access, bucket: await createBucket(access), stop: async () => {} };
}

/** A real S3 server (versitygw on local files; see README.md), to be killed and paused at will. */
export async function startS3(): Promise<TestS3 & ServerProcess> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'custody-test-s3-'));
  const [objects, metadata, iam] = [join(dir, 'objects'), join(dir, 'metadata'), join(dir, 'iam')];
  await Promise.all([mkdir(objects), mkdir(metadata), mkdir(iam)]);
  const access = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    accessKeyId: 'custody-test',
    secretAccessKey: randomBytes(16).toString('hex'),
  };
  const server = await startServerProcess({
    command: cached('bin/versitygw'),
    // Extended attributes would be its natural place for metadata, but a memory file system may not have them.
    args: [
      '--port',
      `127.0.0.1:${port}`,
      '--keep-alive',
      '--quiet',
      '--iam-dir',
      iam,
      'posix',
      '--sidecar',
      metadata,
      objects,
    ],
    env: {
      PATH: process.env.PATH,
      ROOT_ACCESS_KEY: access.accessKeyId,
      ROOT_SECRET_KEY: access.secretAccessKey,
    },
    isReady: async () => (await fetch(access.endpoint)).status === 403,
  });
  return {
    ...server,
    ...access,
    bucket: await createBucket(access),
    stop: async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export function s3Client({ endpoint, region, accessKeyId, secretAccessKey }: S3Access): S3Client {
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    maxAttempts: 1,
  });
}

async function createBucket(access: S3Access): Promise<string> {
  const bucket = `custody-test-${randomBytes(8).toString('hex')}`;
  const client = s3Client(access);
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return bucket;
}
