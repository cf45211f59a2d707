import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { s3Client } from './s3.js';
import { type S3Double, startS3Double } from './s3-double.js';

describe('the S3 double', () => {
  let double: S3Double;
  let client: S3Client;

  beforeEach(async () => {
    double = await startS3Double();
    client = s3Client({ ...double, region: 'us-east-1', accessKeyId: 'any', secretAccessKey: 'any' });
  });

  afterEach(async () => {
    client.destroy();
    await double.stop();
  });

  const put = (Key: string, Body: string | Readable = 'hello', IfNoneMatch?: string) =>
    client.send(
      new PutObjectCommand({
        ...{ Bucket: double.bucket, Key, Body },
        ...(IfNoneMatch !== undefined && { IfNoneMatch }),
        ...(Body instanceof Readable && { ContentLength: 5 }),
      }),
    );

  const get = async (Key: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: double.bucket, Key }));
    return Body?.transformToString();
  };

  it('stores and returns objects like the real one', async () => {
    await put('a/ü&b');
    await put('a/stream', Readable.from([Buffer.from('he'), Buffer.from('llo')]));
    expect([await get('a/ü&b'), await get('a/stream')]).toEqual(['hello', 'hello']);
    await expect(put('a/ü&b', 'again', '*')).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(get('none')).rejects.toMatchObject({ name: 'NoSuchKey' });
    const head = client.send(new HeadObjectCommand({ Bucket: double.bucket, Key: 'none' }));
    await expect(head).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('lists in pages', async () => {
    for (const key of ['b/1', 'a/2', 'a/1&', 'a/3']) await put(key);
    const list = { Bucket: double.bucket, Prefix: 'a/', MaxKeys: 2 };
    const first = await client.send(new ListObjectsV2Command(list));
    expect(first.Contents?.map(({ Key }) => Key)).toEqual(['a/1&', 'a/2']);
    const { NextContinuationToken: ContinuationToken = '' } = first;
    const second = await client.send(new ListObjectsV2Command({ ...list, ContinuationToken }));
    expect(second.Contents?.map(({ Key }) => Key)).toEqual(['a/3']);
    expect(second.IsTruncated).toBe(false);
  });

  it.each([
    { fault: 'internal-error', error: { name: 'InternalError' } },
    { fault: 'slow-down', error: { name: 'SlowDown' } },
    { fault: 'not-implemented', error: { name: 'NotImplemented' } },
    { fault: 'reset', error: { code: 'ECONNRESET' } },
  ] as const)('fails with $fault once, without effect', async ({ fault, error }) => {
    double.inject({ fault, method: 'PUT', key: /^a/ });
    await put('b');
    await expect(put('a')).rejects.toMatchObject(error);
    expect([...double.objects.keys()]).toEqual(['b']);
    await put('a');
    expect(double.requests).toEqual(['PUT b', 'PUT a', 'PUT a']);
  });

  it('can break the connection after the effect', async () => {
    double.inject({ fault: 'reset-after-effect' });
    await expect(put('a')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await get('a')).toBe('hello');
  });

  it('can leave a request without an answer', async () => {
    double.inject({ fault: 'hang' });
    const request = client.send(new GetObjectCommand({ Bucket: double.bucket, Key: 'a' }), {
      abortSignal: AbortSignal.timeout(100),
    });
    await expect(request).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('can cut a body short and change it', async () => {
    await put('a');
    double.inject({ fault: 'truncated-body' });
    await expect(get('a')).rejects.toThrow('aborted');
    double.inject({ fault: 'corrupted-body' });
    expect(await get('a')).toBe('iello');
  });

  it('can ignore the condition as old gateways do', async () => {
    await put('a');
    double.inject({ fault: 'condition-ignored' });
    await put('a', 'again', '*');
    expect(await get('a')).toBe('again');
  });
});
