import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface S3Request {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly createOnly: boolean;
}

export async function readRequest(message: IncomingMessage, bucket: string): Promise<S3Request> {
  const { pathname, searchParams } = new URL(message.url ?? '/', 'http://double');
  const raw = await buffer(message);
  const isChunked = message.headers['content-encoding']?.includes('aws-chunked') ?? false;
  return {
    method: message.method ?? '',
    key: decodeURIComponent(pathname.slice(`/${bucket}/`.length)),
    query: searchParams,
    body: isChunked ? unchunk(raw) : raw,
    createOnly: message.headers['if-none-match'] === '*',
  };
}

/** The SDK's own framing of streams: `<hex length>[;signature]\r\n<data>\r\n`, closed by a chunk of length 0 and trailers. */
function unchunk(raw: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = raw.indexOf('\r\n', at);
    const length = Number.parseInt(raw.toString('latin1', at, lineEnd), 16);
    if (!(length > 0)) return Buffer.concat(parts);
    parts.push(raw.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = lineEnd + 2 + length + 2;
  }
}
