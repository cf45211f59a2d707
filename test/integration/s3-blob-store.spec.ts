import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '#platform/secret.js';
import { blobStoreContract } from '#storage/blob-store.contract.js';
import { BlobCorruptError } from '#storage/blob-store.js';
import { blobKey, readVerified, sha256 } from '#storage/content-address.js';
import { S3BlobStore } from '#storage/s3-blob-store.js';
import { S3SinglePut } from '#storage/s3-single-put.js';
import { component } from '../support/components.js';
import { type S3Access, s3Client, useS3 } from '../support/s3.js';
import { startS3Double } from '../support/s3-double.js';

const storeOf = ({ endpoint, region, accessKeyId, secretAccessKey }: S3Access, bucket: string) =>
  new S3BlobStore({
    kind: 's3',
    bucket,
    region,
    endpoint,
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
  });

component('s3')('a real S3 server', () => {
  blobStoreContract('a bucket', async () => {
    const s3 = await useS3();
    const [store, other] = [storeOf(s3, s3.bucket), storeOf(s3, s3.bucket)];
    return {
      store,
      other,
      close: async () => {
        store.close();
        other.close();
        await s3.stop();
      },
    };
  });
});

component('s3')('a single put', () => {
  it('is understood by a real S3 server, and overwrites only when it may', async () => {
    const s3 = await useS3();
    const client = s3Client(s3);
    const put = new S3SinglePut(client, s3);
    const key = 'acme/web_2.0-rc/journal/links/2026-11-22T16/ä+b';
    expect(await put.succeeds(key, Buffer.from('first'), true)).toBe(true);
    expect(await put.succeeds(key, Buffer.from('second'), true)).toBe(false);
    expect(await storeOf(s3, s3.bucket).get(key)).toEqual(Buffer.from('first'));
    expect(await put.succeeds(key, Buffer.from('second'), false)).toBe(true);
    client.destroy();
    await s3.stop();
  });
});

describe('a bucket on its bad days', () => {
  let double: Awaited<ReturnType<typeof startS3Double>>;
  let store: S3BlobStore;

  beforeAll(async () => {
    double = await startS3Double();
    store = storeOf(
      { ...double, region: 'us-east-1', accessKeyId: 'a', secretAccessKey: 's' },
      double.bucket,
    );
  });

  afterAll(async () => {
    store.close();
    await double.stop();
  });

  it('keeps a blob once when the answer to its upload is lost', async () => {
    double.inject({ fault: 'reset-after-effect', method: 'PUT' });
    await store.put('acme/once', Buffer.from('once'));
    expect(double.objects.get('acme/once')).toEqual(Buffer.from('once'));
  });

  it('tries again when the server is busy', async () => {
    double.inject({ fault: 'slow-down', method: 'PUT', times: 2 });
    await store.put('acme/busy', Buffer.from('busy'));
    expect(await store.get('acme/busy')).toEqual(Buffer.from('busy'));
  });

  it('fails when the server goes on failing, so that nothing is acknowledged', async () => {
    double.inject({ fault: 'internal-error', method: 'PUT', times: 4 });
    await expect(store.put('acme/lost', Buffer.from('lost'))).rejects.toThrow('InternalError');
    expect(double.objects.has('acme/lost')).toBe(false);
  });

  it('never takes a broken answer for the blob', async () => {
    const id = sha256(Buffer.from('signed bytes'));
    await store.put(blobKey('acme/web', 'links', id), Buffer.from('signed bytes'));
    double.inject({ fault: 'corrupted-body', method: 'GET' });
    await expect(readVerified(store, 'acme/web', 'links', id)).rejects.toThrow(BlobCorruptError);
    double.inject({ fault: 'truncated-body', method: 'GET' });
    await expect(readVerified(store, 'acme/web', 'links', id)).rejects.toThrow();
    expect(await readVerified(store, 'acme/web', 'links', id)).toEqual(Buffer.from('signed bytes'));
  });

  it('promises nothing of what is there before it has looked: half an object is replaced', async () => {
    double.objects.set('acme/half', Buffer.from('ha'));
    await store.put('acme/half', Buffer.from('half'));
    expect(double.objects.get('acme/half')).toEqual(Buffer.from('half'));
    double.inject({ fault: 'internal-error', method: 'GET', times: 3 });
    await expect(store.put('acme/half', Buffer.from('half'))).rejects.toThrow('InternalError');
  });

  it('stores without conditions where the server does not know them', async () => {
    double.inject({ fault: 'not-implemented', method: 'PUT' });
    await store.put('acme/old-gateway', Buffer.from('kept'));
    expect(double.objects.get('acme/old-gateway')).toEqual(Buffer.from('kept'));
  });
});
