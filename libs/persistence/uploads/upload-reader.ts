import { availableParallelism } from 'node:os';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Piscina } from 'piscina';
import type { JsonValue, StrictIssue } from '#in-toto/index.js';
import type { ImageFile } from '#persistence/subjects/read-manifest.js';
import { BodyBudget } from '#platform/body-budget.js';
import { compiledModule } from '#platform/compiled-module.js';
import { Config } from '#platform/config.js';
import { FairSlots, type Owner } from '#platform/fair-slots.js';
import { Problem } from '#platform/problems.js';
import { type ReadLink, readNewImage } from './read-upload.js';
import type { Answer, Tasks } from './upload-thread.js';
import { mayWrap, unwrapLink, type WrappedLink } from './wrapped-link.js';

const MIB = 1024 * 1024;

/** Reading so little takes less of the thread of requests than a turn of it may (ADR 0019 has the table). */
export const READ_AT_ONCE_BYTES = 32 * 1024;

export interface ThreadBounds {
  readonly threads: number;
  /** Files that wait for a thread, of which nobody's take the places of all. Their bytes are within the budget of request bodies. */
  readonly queue: number;
  /** From when the file is given until it is read. */
  readonly patienceMs: number;
  readonly heapBytes: number;
  readonly idleMs: number;
}

/** As NewLink has it. */
export type ProvenLink = ReadLink & { readonly trustEpoch: string };

/** By what it is said who may sign the links of a chain. */
export interface WhoMaySign {
  /** seq of the last event by which it is so. */
  readonly epoch: string;
  readonly layout: Buffer | undefined;
  readonly owners: readonly JsonValue[];
}

/** A link has a bounded number of values; its texts are held up to eight times: as bytes of a string, cut, compared. */
function boundsFor(linkBytes: number): ThreadBounds {
  return {
    threads: Math.min(2, availableParallelism()),
    queue: 256,
    patienceMs: 30_000,
    heapBytes: 192 * MIB + 8 * linkBytes,
    idleMs: 30_000,
  };
}

/**
 * Reads what comes in and may be large in threads that have a heap of their own and can be killed, so that no file holds
 * up other requests. Threads start with the first large file, and end when none has come for a while. Throws a coded
 * Problem for a file that is refused, takes too much memory, or was not read in time.
 */
@Injectable()
export class UploadReader implements OnApplicationShutdown {
  private readonly bounds: ThreadBounds;
  private readonly room: BodyBudget;
  private readonly slots: FairSlots;
  private pool: Piscina | undefined;

  constructor(config: Pick<Config, 'limits'>, bounds: Partial<ThreadBounds> = {}) {
    this.bounds = { ...boundsFor(config.limits.linkBytes), ...bounds };
    const { threads, queue } = this.bounds;
    this.room = new BodyBudget({ bytes: 0, requests: threads + queue });
    this.slots = new FairSlots(threads);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool?.destroy();
  }

  /** As readAndProve. The layout is given by its bytes, owners by their keys as in-toto writes them. */
  async link(bytes: Buffer, trust: WhoMaySign, at: Date, owner: Owner): Promise<ProvenLink> {
    const { layout, owners, epoch } = trust;
    const { link, signers } = await this.run('link', { bytes, layout, owners, at }, owner);
    const { id, statement, materials, products } = link;
    return {
      link: {
        ...link,
        id: bufferOf(id),
        statement: bufferOf(statement),
        materials: bufferOf(materials),
        products: bufferOf(products),
      },
      signers: signers.map(bufferOf),
      trustEpoch: epoch,
    };
  }

  /** As unwrapLink. */
  async line(bytes: Buffer, owner: Owner): Promise<WrappedLink | undefined> {
    if (bytes.length <= READ_AT_ONCE_BYTES || !mayWrap(bytes)) {
      return unwrapLink(bytes);
    }
    const wrapped = await this.run('line', { bytes }, owner);
    return wrapped && { ...wrapped, content: bufferOf(wrapped.content) };
  }

  /** As readNewImage. */
  async image(bytes: Buffer, owner: Owner): Promise<ImageFile> {
    if (bytes.length <= READ_AT_ONCE_BYTES) {
      return readNewImage(bytes);
    }
    const { digest, kind, relations } = await this.run('image', { bytes }, owner);
    return {
      digest: bufferOf(digest),
      kind,
      relations: relations.map((relation) => ({
        ...relation,
        covered: bufferOf(relation.covered),
        covering: bufferOf(relation.covering),
      })),
    };
  }

  /** As checkLayoutFile: always in a thread, since a key takes two milliseconds to be screened. */
  layoutIssues(bytes: Buffer, owner: Owner): Promise<StrictIssue[]> {
    return this.run('layout', { bytes }, owner);
  }

  private async run<Name extends keyof Tasks>(
    name: Name,
    given: Tasks[Name]['given'],
    owner: Owner,
  ): Promise<Tasks[Name]['found']> {
    const held = this.room.open({ chain: owner.chain, token: owner.principal });
    const signal = AbortSignal.timeout(this.bounds.patienceMs);
    let answer: Answer<Tasks[Name]['found']>;
    try {
      const { done } = await this.slots.begin(owner, () => this.read(name, given, signal));
      answer = await done;
    } catch (error) {
      throw refusalFor(error, this.bounds);
    } finally {
      held.release();
    }
    if ('refused' in answer) {
      throw new Problem(answer.refused.code, answer.refused.details);
    }
    return answer.found;
  }

  private async read<Name extends keyof Tasks>(
    name: Name,
    given: Tasks[Name]['given'],
    signal: AbortSignal,
  ): Promise<Answer<Tasks[Name]['found']>> {
    this.pool ??= this.start();
    // A view crosses with all that it is a view of: a copy of just the file does not.
    const bytes = new Uint8Array(given.bytes);
    return this.pool.run({ ...given, bytes }, { name, signal, transferList: [bytes.buffer] });
  }

  private start(): Piscina {
    const { threads, heapBytes, idleMs } = this.bounds;
    const pool = new Piscina({
      filename: compiledModule('./upload-thread.js', import.meta.url),
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: idleMs,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(heapBytes / MIB) },
      // Nothing of the process: neither its options nor its secrets.
      execArgv: [],
      env: {},
      recordTiming: false,
    });
    // A thread that dies takes its file with it, which is told by `run`. Nothing else is lost.
    return pool.on('error', () => undefined);
  }
}

function refusalFor(error: unknown, { patienceMs }: ThreadBounds): unknown {
  const { name, code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new Problem('FILE_TOO_COSTLY', { cause: error });
  }
  if (name === 'AbortError') {
    return new Problem('OVERLOADED', {
      detail: `The file was not read in ${patienceMs / 1_000} s, and was given up.`,
      retryAfter: 10,
      cause: error,
    });
  }
  return error;
}

/** A clone of a Buffer is a Uint8Array. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
