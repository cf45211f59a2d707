import { parentPort, workerData } from 'node:worker_threads';
import { createDataSource } from '#persistence/data-source.js';
import { OutageError } from '#platform/outage.js';
import { Secret } from '#platform/secret.js';
import { MetadataReader } from '#storage/metadata-reader.js';
import { openBlobStore } from '#storage/open-blob-store.js';
import { TooMuchEvidence } from './evidence-budget.js';
import { EvidenceReader, type Question } from './evidence-reader.js';
import type { ThreadAnswer, ThreadOrder } from './thread-messages.js';
import { VerificationService } from './verification-service.js';

/** Layouts stay, links do not. */
const CACHE_BYTES = 16 * 1024 * 1024;
const CONNECTIONS = 2;

/** Answers one question, with connections of its own, and ends. */
async function answer(order: ThreadOrder): Promise<ThreadAnswer> {
  const source = await createDataSource(order.databaseUrl, CONNECTIONS).initialize();
  try {
    const metadata = new MetadataReader(openBlobStore(blobsOf(order)), CACHE_BYTES);
    const limits = { fileBytes: Number.POSITIVE_INFINITY, heapBytes: order.heapBytes, oneByOne: true };
    const verification = new VerificationService(source, new EvidenceReader(source, metadata, limits));
    const { chainId, subject, at, question } = order;
    const verdict = await verification.find(chainId, Buffer.from(subject), at, withBuffers(question));
    return { kind: 'found', verdict };
  } finally {
    await source.destroy();
  }
}

function blobsOf({ blobs }: ThreadOrder) {
  return blobs.kind === 'file' ? blobs : { ...blobs, secretAccessKey: Secret.from(blobs.secretAccessKey) };
}

/** A clone of a Buffer is a Uint8Array. */
function withBuffers({ hypotheticalLayout, onlyFor }: Question): Question {
  return {
    ...(hypotheticalLayout ? { hypotheticalLayout: Buffer.from(hypotheticalLayout) } : {}),
    ...(onlyFor ? { onlyFor: { ...onlyFor, subject: Buffer.from(onlyFor.subject) } } : {}),
  };
}

function toAnswer(error: unknown): ThreadAnswer {
  if (error instanceof TooMuchEvidence) {
    return { kind: 'too-much' };
  }
  return error instanceof OutageError
    ? { kind: 'outage', part: error.part, isLate: error.isLate }
    : { kind: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

parentPort?.postMessage(await answer(workerData as ThreadOrder).catch(toAnswer));
