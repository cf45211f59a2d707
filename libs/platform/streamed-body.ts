import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Problem } from './problems.js';

/** A streamed body may take its time, but neither it nor its answer may stand still for so long. */
const STANDSTILL_MS = 60_000;
/** So long the rest of a body that nobody reads is taken off the wire, for the client to get to see why. */
const FAREWELL_MS = 1_000;

const underWay = new WeakSet<Socket>();

/** Is the body of a request on this connection being read piece by piece? Who reads it then answers for it too. */
export function isStreaming(socket: Socket): boolean {
  return underWay.has(socket);
}

/** A body as its bytes arrive, for requests that may be larger than what can be held. Who is slow to read slows the client. */
export class StreamedBody implements AsyncIterable<Buffer> {
  private readonly stream: Readable;

  constructor(request: IncomingMessage, encoding: 'identity' | 'gzip') {
    const { socket } = request;
    const stream = encoding === 'gzip' ? createGunzip() : new PassThrough();
    const breakOff = (): void => {
      if (!request.complete) stream.destroy(new Problem('BODY_INCOMPLETE'));
    };
    underWay.add(socket);
    socket.setTimeout(STANDSTILL_MS);
    // Either the client is gone, or it closed its half of the connection only: then it can still be answered.
    request.once('error', breakOff);
    socket.once('end', breakOff);
    stream.once('close', () => {
      socket.off('end', breakOff);
      underWay.delete(socket);
      request.unpipe(stream);
      discard(request);
    });
    this.stream = request.pipe(stream);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      yield* this.stream;
    } catch (error) {
      const isUnzipping = (error as { code?: string }).code?.startsWith('Z_') === true;
      throw isUnzipping ? new Problem('ENCODING_INVALID', { cause: error }) : error;
    }
  }
}

/** The body of a request piece by piece, however it was received; a coded refusal when there is none. */
export function chunksOf(body: unknown): AsyncIterable<Buffer> | Iterable<Buffer> {
  if (body instanceof StreamedBody) {
    return body;
  }
  if (!Buffer.isBuffer(body) || body.length === 0) {
    throw new Problem('BODY_MISSING');
  }
  return [body];
}

function discard(request: IncomingMessage): void {
  if (!request.complete) {
    request.resume();
    setTimeout(() => request.complete || request.destroy(), FAREWELL_MS).unref();
  }
}
