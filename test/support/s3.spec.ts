import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { component } from './components.js';
import { s3Client, startS3, type TestS3, useS3 } from './s3.js';

// What the blob store relies on. A server that fails one of these is no stand-in for S3.
component('s3')('the S3 server of the tests', () => {
  let server: TestS3;
  let client: S3Client;

  beforeAll(async () => {
    server = await useS3();
    client = s3Client(server);
  });

  afterAll(async () => {
    client?.destroy();
    await server?.stop();
  });

  const put = (Key: string, Body: string, more: Partial<PutObjectCommandInput> = {}) =>
    client.send(new PutObjectCommand({ Bucket: server.bucket, Key, Body, ...more }));

  const get = async (Key: string, more: { Range?: string } = {}) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: server.bucket, Key, ...more }));
    return Body?.transformToString();
  };

  it('returns what was put, whole and in part', async () => {
    await put('plain/a', 'hello world');
    expect(await get('plain/a')).toBe('hello world');
    expect(await get('plain/a', { Range: 'bytes=6-10' })).toBe('world');
  });

  it('forgets what was deleted', async () => {
    await put('plain/b', 'x');
    await client.send(new DeleteObjectCommand({ Bucket: server.bucket, Key: 'plain/b' }));
    await expect(get('plain/b')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('refuses to overwrite with If-None-Match', async () => {
    await put('once/a', 'first', { IfNoneMatch: '*' });
    await expect(put('once/a', 'second', { IfNoneMatch: '*' })).rejects.toMatchObject(status(412));
    expect(await get('once/a')).toBe('first');
  });

  it('lets one of eight writers at once create an object', async () => {
    for (let round = 0; round < 5; round++) {
      const key = `once/race-${round}`;
      const writes = Array.from({ length: 8 }, (_, writer) =>
        put(key, `writer ${writer}`, { IfNoneMatch: '*' }),
      );
      const results = await Promise.allSettled(writes);

      const winners = results.flatMap((result, writer) => (result.status === 'fulfilled' ? [writer] : []));
      const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      expect(winners).toHaveLength(1);
      for (const refusal of refusals) expect([409, 412]).toContain(refusal.$metadata?.httpStatusCode);
      expect(await get(key)).toBe(`writer ${winners[0]}`);
    }
  });

  it('verifies the sha256 checksum that comes with an upload, and returns it', async () => {
    await put('sum/a', 'hello', { ChecksumSHA256: sha256('hello') });
    const head = await client.send(
      new HeadObjectCommand({ Bucket: server.bucket, Key: 'sum/a', ChecksumMode: 'ENABLED' }),
    );
    expect(head.ChecksumSHA256).toBe(sha256('hello'));

    await expect(put('sum/b', 'hello', { ChecksumSHA256: sha256('other') })).rejects.toMatchObject(
      status(400),
    );
    await expect(get('sum/b')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it.each([
    { what: 'a wrong secret', wrong: { secretAccessKey: 'wrong' }, name: 'SignatureDoesNotMatch' },
    { what: 'an unknown access key', wrong: { accessKeyId: 'unknown' }, name: 'InvalidAccessKeyId' },
  ])('refuses $what', async ({ wrong, name }) => {
    const stranger = s3Client({ ...server, ...wrong });
    const list = stranger.send(new ListObjectsV2Command({ Bucket: server.bucket }));
    await expect(list).rejects.toMatchObject({ name, ...status(403) });
    stranger.destroy();
  });

  it('lists in pages, in the order of keys', async () => {
    const keys = Array.from({ length: 25 }, (_, index) => `list/${String(index).padStart(2, '0')}`);
    await Promise.all(keys.map((key) => put(key, key)));

    const pages: string[][] = [];
    let token: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({
          ...{ Bucket: server.bucket, Prefix: 'list/', MaxKeys: 10 },
          ...(token !== undefined && { ContinuationToken: token }),
        }),
      );
      pages.push((page.Contents ?? []).map(({ Key = '' }) => Key));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    expect(pages.map((page) => page.length)).toEqual([10, 10, 5]);
    expect(pages.flat()).toEqual(keys);
  });
});

component('s3-server')('startS3', () => {
  it('keeps what it acknowledged when it is killed and started again', async () => {
    const server = await startS3();
    const client = s3Client(server);
    try {
      const object = { Bucket: server.bucket, Key: 'kept' };
      await client.send(new PutObjectCommand({ ...object, Body: 'yes' }));
      await server.kill9();
      await expect(client.send(new GetObjectCommand(object))).rejects.toThrow(/ECONN|hang up/);
      await server.restart();
      const { Body } = await client.send(new GetObjectCommand(object));
      expect(await Body?.transformToString()).toBe('yes');
    } finally {
      client.destroy();
      await server.stop();
    }
  });
});

function status(httpStatusCode: number): object {
  return { $metadata: { httpStatusCode } };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
