import { Worker } from 'node:worker_threads';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { NewVerdict } from '#persistence/verdicts/store-verdict.js';
import { compiledModule } from '#platform/compiled-module.js';
import { Config } from '#platform/config.js';
import { OutageError } from '#platform/outage.js';
import { TooMuchEvidence } from './evidence-budget.js';
import type { Question } from './evidence-reader.js';
import type { ThreadAnswer, ThreadOrder } from './thread-messages.js';
import { ThreadTurns } from './thread-turns.js';

const MIB = 1024 * 1024;
const YOUNG_MIB = 32;

export interface VerificationBounds {
  /** Longer than any honest evidence takes. What takes it is given up, and tried again as any failure is. */
  readonly patienceMs: number;
  /** What the thread may have in all. Links that count are held to half of `CUSTODY_EVIDENCE_HEAP_MIB`. */
  readonly heapBytes: number;
}

/** Somebody else's large evidence is being judged: the question comes back in a while, as if it had not been asked. */
export class ThreadBusy extends Error {
  override readonly name = 'ThreadBusy';
}

/**
 * Verifies what is too large to be judged beside requests: in a thread of its own, which has a heap of its own and can be
 * killed. One at a time, so that memory stays bounded and no large evidence holds all lanes of a worker; chains in turn.
 */
@Injectable()
export class VerificationThread implements OnModuleDestroy {
  private readonly bounds: VerificationBounds;
  private readonly turns = new ThreadTurns();
  private worker: Worker | undefined;
  private stopping = false;

  constructor(
    private readonly config: Config,
    bounds: Partial<VerificationBounds> = {},
  ) {
    this.bounds = { patienceMs: 60_000, heapBytes: config.evidenceHeapBytes, ...bounds };
  }

  get isBusy(): boolean {
    return this.worker !== undefined;
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    await this.worker?.terminate();
  }

  /** The subject's evidence is known to be large, and was put off: there is no need to look whether it is. */
  knows(chainId: number, subject: Buffer): boolean {
    return this.turns.isWaiting(chainId, subject.toString('hex'));
  }

  /** As VerificationService.find. Throws TooMuchEvidence, ThreadBusy, OutageError, and what else the thread failed with. */
  async find(
    chainId: number,
    subject: Buffer,
    at: Date,
    question: Question,
  ): Promise<NewVerdict | undefined> {
    const name = subject.toString('hex');
    if (this.worker || this.stopping || this.turns.isKeptFromChain(chainId)) {
      this.turns.putOff(chainId, name);
      throw new ThreadBusy('large evidence of another digest is being judged');
    }
    this.turns.begin(chainId, name);
    const worker = this.start({ ...this.connections(), chainId, subject, at, question });
    this.worker = worker;
    const timer = setTimeout(() => void worker.terminate(), this.bounds.patienceMs);
    try {
      return verdictOf(await answerOf(worker));
    } catch (error) {
      throw this.stopping ? new ThreadBusy('the process stops') : error;
    } finally {
      clearTimeout(timer);
      await worker.terminate();
      this.worker = undefined;
      this.turns.end();
    }
  }

  private start(order: ThreadOrder): Worker {
    return new Worker(new URL(compiledModule('./verification-thread-main.js', import.meta.url)), {
      workerData: order,
      execArgv: [],
      resourceLimits: {
        maxOldGenerationSizeMb: this.bounds.heapBytes / MIB,
        maxYoungGenerationSizeMb: YOUNG_MIB,
      },
    });
  }

  private connections(): Pick<ThreadOrder, 'databaseUrl' | 'blobs' | 'heapBytes'> {
    const { databaseUrl, blobs, evidenceHeapBytes } = this.config;
    return {
      databaseUrl: databaseUrl?.reveal() ?? '',
      blobs: blobs.kind === 'file' ? blobs : { ...blobs, secretAccessKey: blobs.secretAccessKey?.reveal() },
      // The other half is for the one link that is being looked at, and for judging.
      heapBytes: evidenceHeapBytes / 2,
    };
  }
}

function answerOf(worker: Worker): Promise<ThreadAnswer> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new TooMuchEvidence(error.message) : error);
    });
    worker.once('exit', () => reject(new Error('the verification took too long and was ended')));
  });
}

function verdictOf(answer: ThreadAnswer): NewVerdict | undefined {
  switch (answer.kind) {
    case 'found':
      return answer.verdict && withBuffers(answer.verdict);
    case 'too-much':
      throw new TooMuchEvidence('links that count take more than half of the heap');
    case 'outage':
      throw new OutageError(answer.part, { isLate: answer.isLate });
    case 'failed':
      throw new Error(`in the verification thread: ${answer.reason}`);
  }
}

/** A clone of a Buffer is a Uint8Array. */
function withBuffers(verdict: NewVerdict): NewVerdict {
  return {
    ...verdict,
    inputsDigest: Buffer.from(verdict.inputsDigest),
    layoutId: verdict.layoutId && Buffer.from(verdict.layoutId),
    watch: verdict.watch.map((digest) => Buffer.from(digest)),
  };
}
