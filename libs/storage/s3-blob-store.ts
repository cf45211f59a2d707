import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { S3Blobs } from '#platform/config.js';
import { BlobStore } from './blob-store.js';
import { sha256 } from './content-address.js';
import { S3SinglePut } from './s3-single-put.js';

/** Blobs as objects of one bucket of any S3-compatible server. */
export class S3BlobStore extends BlobStore {
  private readonly client: S3Client;
  private readonly bucket: string;
  private readonly single: S3SinglePut;
  /** Servers that do not know `If-None-Match` say so once; overwriting a content address with its content is harmless. */
  private conditional = true;

  constructor(settings: S3Blobs) {
    super();
    this.bucket = settings.bucket;
    this.client = new S3Client({
      region: settings.region,
      forcePathStyle: true,
      maxAttempts: 3,
      cacheMiddleware: true,
      requestHandler: { requestTimeout: 10_000, connectionTimeout: 2_000, throwOnRequestTimeout: true },
      ...(settings.endpoint ? { endpoint: settings.endpoint } : {}),
      ...(settings.accessKeyId && settings.secretAccessKey
        ? {
            credentials: {
              accessKeyId: settings.accessKeyId,
              secretAccessKey: settings.secretAccessKey.reveal(),
            },
          }
        : {}),
    });
    this.single = new S3SinglePut(this.client, settings);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const isPut = await this.single.succeeds(key, bytes, this.conditional).catch(() => false);
    if (!isPut) {
      await this.putPatiently(key, bytes);
    }
  }

  /** Tries again where that helps, and says what is wrong where it does not. */
  private async putPatiently(key: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.write(key, bytes, this.conditional ? { IfNoneMatch: '*' } : {});
    } catch (error) {
      const status = statusOf(error);
      if (status === 412) {
        return this.settle(key, bytes);
      }
      if (status === 501 && this.conditional) {
        this.conditional = false;
        return this.putPatiently(key, bytes);
      }
      throw error;
    }
  }

  /**
   * Something is there. A server that was killed while it wrote may take the half of an object for one, so what is
   * promised is looked at; what does not belong under this content address is replaced.
   */
  private async settle(key: string, bytes: Uint8Array): Promise<void> {
    const present = await this.get(key);
    if (!present?.equals(bytes)) {
      await this.replace(key, bytes);
    }
  }

  async replace(key: string, bytes: Uint8Array): Promise<void> {
    await this.write(key, bytes, {});
  }

  private async write(key: string, bytes: Uint8Array, condition: { IfNoneMatch?: '*' }): Promise<void> {
    await this.client.send(
      new PutObjectCommand({
        Bucket: this.bucket,
        Key: key,
        Body: bytes,
        ContentLength: bytes.length,
        ChecksumSHA256: sha256(bytes).toString('base64'),
        ...condition,
      }),
    );
  }

  async get(key: string): Promise<Buffer | undefined> {
    try {
      const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
      return Body && Buffer.from(await Body.transformToByteArray());
    } catch (error) {
      if (statusOf(error) === 404) {
        return undefined;
      }
      throw error;
    }
  }

  async *list(prefix: string): AsyncIterable<string> {
    let ContinuationToken: string | undefined;
    do {
      const page = await this.client.send(
        new ListObjectsV2Command({
          Bucket: this.bucket,
          Prefix: prefix,
          ...(ContinuationToken ? { ContinuationToken } : {}),
        }),
      );
      for (const { Key } of page.Contents ?? []) {
        if (Key !== undefined) {
          yield Key;
        }
      }
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (ContinuationToken);
  }

  async writtenAt(key: string): Promise<Date | undefined> {
    try {
      return (await this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }))).LastModified;
    } catch (error) {
      if (statusOf(error) === 404) {
        return undefined;
      }
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }));
  }

  async check(): Promise<void> {
    await this.client.send(new HeadBucketCommand({ Bucket: this.bucket }));
  }

  /** Makes the bucket when there is none. A store that is still starting is waited for. */
  async ensureBucket(patienceMs = 30_000): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      try {
        return await this.check();
      } catch (error) {
        if (statusOf(error) === 404) {
          await this.client.send(new CreateBucketCommand({ Bucket: this.bucket }));
          return;
        }
        const starting = statusOf(error) === undefined || statusOf(error) === 503;
        if (!starting || Date.now() > deadline) {
          throw error;
        }
        await sleep(500);
      }
    }
  }

  close(): void {
    this.client.destroy();
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}
