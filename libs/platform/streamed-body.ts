import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { askForBody } from './announced-body.js';
import type { Held } from './body-budget.js';
import { STANDSTILL_MS } from './open-streams.js';
import { type Pace, watchRate } from './pace.js';
import { Problem } from './problems.js';

/** A token is asked for again this often. */
const CONFIRM_EVERY_MS = 500;

const underWay = new WeakSet<Socket>();

/** Is the body of a request on this connection being read piece by piece? Who reads it then answers for it too. */
export function isStreaming(socket: Socket): boolean {
  return underWay.has(socket);
}

export interface Terms {
  readonly held: Held;
  /** Of what has come, its reader holds no more than this. */
  readonly heldAtMost: number;
  readonly pace: Pace;
  /** Aborted when the process does not wait for the rest any longer. */
  readonly stopping: AbortSignal;
}

/**
 * A body as its bytes arrive, for requests that may be larger than what can be held. Who is slow to read slows the
 * client. Nothing is read before somebody asks for the first piece.
 */
export class StreamedBody implements AsyncIterable<Buffer> {
  private confirm: () => Promise<void> = async () => {};

  constructor(
    private readonly request: IncomingMessage,
    private readonly encoding: 'identity' | 'gzip',
    private readonly terms: Terms,
  ) {}

  /**
   * Somebody is going to read it, and answers for it from now on. It ends with what `confirm` rejects with, half a second
   * later at most.
   */
  claim(confirm: () => Promise<void>): this {
    underWay.add(this.request.socket);
    this.confirm = confirm;
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    const { held, heldAtMost } = this.terms;
    let charged = 0;
    try {
      for await (const chunk of this.open()) {
        const more = Math.min(chunk.length, heldAtMost - charged);
        if (more > 0) held.charge(more);
        charged += more;
        yield chunk;
      }
    } catch (error) {
      const isUnzipping = (error as { code?: string }).code?.startsWith('Z_') === true;
      throw isUnzipping ? new Problem('ENCODING_INVALID', { cause: error }) : error;
    }
  }

  private open(): Readable {
    const { request } = this;
    const { socket } = request;
    const stream = this.encoding === 'gzip' ? createGunzip() : new PassThrough();
    const breakOff = (): void => {
      if (!request.complete) stream.destroy(new Problem('BODY_INCOMPLETE'));
    };
    socket.setTimeout(STANDSTILL_MS);
    // Either the client is gone, or it closed its half of the connection only: then it can still be answered.
    request.once('error', breakOff);
    socket.once('end', breakOff);
    const { stopping } = this.terms;
    const stop = (): void => void stream.destroy(new Problem('STOPPING'));
    stopping.addEventListener('abort', stop);
    const timers = this.watch(stream);
    stream.once('close', () => {
      for (const timer of timers) clearInterval(timer);
      stopping.removeEventListener('abort', stop);
      socket.off('end', breakOff);
      underWay.delete(socket);
      request.unpipe(stream);
      discard(request, stopping.aborted ? FAREWELL_MS : STANDSTILL_MS);
    });
    askForBody(request);
    return request.pipe(stream);
  }

  private watch(stream: Readable): NodeJS.Timeout[] {
    const { pace } = this.terms;
    const tooSlow = (): void => {
      // What waits here already is not for the client to hasten.
      if (stream.readableLength === 0) stream.destroy(new Problem('BATCH_TOO_SLOW'));
    };
    const confirm = (): void => void this.confirm().catch((error: Error) => stream.destroy(error));
    const end = (): void => void stream.destroy(new Problem('BATCH_TOO_LONG'));
    return [
      watchRate(this.request, pace, tooSlow),
      setInterval(confirm, CONFIRM_EVERY_MS).unref(),
      setInterval(end, pace.lifetimeMs).unref(),
    ];
  }
}

/**
 * The body of a request piece by piece, however it was received; a coded refusal when there is none. One that is still
 * coming ends as soon as `confirm` rejects, which is asked twice a second.
 */
export function chunksOf(
  body: unknown,
  confirm: () => Promise<void> = async () => {},
): AsyncIterable<Buffer> | Iterable<Buffer> {
  if (body instanceof StreamedBody) {
    return body.claim(confirm);
  }
  if (!Buffer.isBuffer(body) || body.length === 0) {
    throw new Problem('BODY_MISSING');
  }
  return [body];
}

/** Clients of a process that stops get so long to take their last answers. */
const FAREWELL_MS = 2_000;

/**
 * Nobody reads the rest any more. It is taken off the wire while the lines before it are still being answered, so that its
 * client gets to see why; a client that does not even read its answers is cut off.
 */
function discard(request: IncomingMessage, patienceMs: number): void {
  if (!request.complete) {
    request.resume();
    setTimeout(() => request.complete || request.destroy(), patienceMs).unref();
  }
}
