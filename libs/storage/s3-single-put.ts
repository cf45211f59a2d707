import type { S3Client } from '@aws-sdk/client-s3';
import { sha256 } from './content-address.js';

/**
 * Puts an object with one request that the client's own signer signs and its own connections carry, and with none of its
 * middleware, which takes five times as much time of this process. It knows no errors and no second attempt: what does
 * not succeed is for the client to do again.
 */
export class S3SinglePut {
  private readonly objects: URL;
  private readonly signer;

  constructor(
    private readonly client: S3Client,
    settings: { readonly bucket: string; readonly region: string; readonly endpoint?: string | undefined },
  ) {
    const { bucket, region, endpoint } = settings;
    this.objects = client.config.endpointProvider({
      Bucket: bucket,
      Region: region,
      ForcePathStyle: true,
      ...(endpoint ? { Endpoint: endpoint } : {}),
    }).url;
    this.signer = client.config.signer({
      name: 'sigv4',
      signingName: 's3',
      signingRegion: region,
      properties: {},
    });
    // Who puts is told.
    this.signer.catch(() => undefined);
  }

  /** True: the object is durable. False: it may be or not. */
  async succeeds(key: string, bytes: Uint8Array, onlyIfAbsent: boolean): Promise<boolean> {
    const { protocol, hostname, port, host, pathname } = this.objects;
    const hash = sha256(bytes);
    const request = {
      method: 'PUT',
      protocol,
      hostname,
      ...(port ? { port: Number(port) } : {}),
      path: `${pathname}/${key.split('/').map(encodeURIComponent).join('/')}`,
      query: {},
      headers: {
        host,
        'content-length': String(bytes.length),
        'x-amz-content-sha256': hash.toString('hex'),
        'x-amz-checksum-sha256': hash.toString('base64'),
        ...(onlyIfAbsent ? { 'if-none-match': '*' } : {}),
      },
      body: bytes,
    };
    const { systemClockOffset, requestHandler } = this.client.config;
    const signer = await this.signer;
    const signed = await signer.sign(request, { signingDate: new Date(Date.now() + systemClockOffset) });
    const { response } = await requestHandler.handle(signed as Parameters<typeof requestHandler.handle>[0]);
    response.body.resume();
    return response.statusCode === 200;
  }
}
