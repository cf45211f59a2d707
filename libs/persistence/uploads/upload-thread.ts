import {
  checkLayoutFile,
  InTotoError,
  type JsonValue,
  parseMetadata,
  parsePublicKey,
  type StrictIssue,
} from '#in-toto/index.js';
import type { ImageFile } from '#persistence/subjects/read-manifest.js';
import { Problem, type ProblemCode, type ProblemDetails } from '#platform/problems.js';
import { type ReadLink, readAndProve, readNewImage } from './read-upload.js';
import { unwrapLink, type WrappedLink } from './wrapped-link.js';

/** What a thread does, by name. Each takes a file and gives little: what is given crosses to the thread of requests. */
export interface Tasks {
  link: {
    given: { bytes: Uint8Array; layout: Uint8Array | undefined; owners: readonly JsonValue[]; at: Date };
    found: ReadLink;
  };
  line: { given: { bytes: Uint8Array }; found: WrappedLink | undefined };
  image: { given: { bytes: Uint8Array }; found: ImageFile };
  layout: { given: { bytes: Uint8Array }; found: StrictIssue[] };
}

/** Errors lose their class on the way, so refusals cross as values. */
export type Answer<Found> = { readonly found: Found } | { readonly refused: Refusal };

export interface Refusal {
  readonly code: ProblemCode;
  readonly details: Omit<ProblemDetails, 'cause'>;
}

export const link = task<'link'>(({ bytes, layout, owners, at }) =>
  readAndProve(bufferOf(bytes), layout && bufferOf(layout), owners.map(parsePublicKey), at),
);
export const line = task<'line'>(({ bytes }) => unwrapLink(bufferOf(bytes)));
export const image = task<'image'>(({ bytes }) => readNewImage(bufferOf(bytes)));
export const layout = task<'layout'>(({ bytes }) => checkLayoutFile(bytes, parseMetadata(bytes)));

function task<Name extends keyof Tasks>(
  run: (given: Tasks[Name]['given']) => Tasks[Name]['found'],
): (given: Tasks[Name]['given']) => Answer<Tasks[Name]['found']> {
  return (given) => {
    try {
      return { found: run(given) };
    } catch (error) {
      return { refused: refusalOf(error) };
    }
  };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Problem) {
    const { cause: _, ...details } = error.details;
    return { code: error.code, details };
  }
  if (error instanceof InTotoError) {
    return { code: error.code, details: { detail: error.message } };
  }
  throw error;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
