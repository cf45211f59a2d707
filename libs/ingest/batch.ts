import { Readable } from 'node:stream';
import { z } from 'zod';
import type { WrappedLink } from '#persistence/uploads/wrapped-link.js';
import { digestParameter } from '#platform/digest.js';
import { toProblem } from '#platform/problem-filter.js';
import { Problem } from '#platform/problems.js';
import { AttemptTurns } from './attempt-turns.js';
import { type Line, linesOf } from './batch-lines.js';
import { inOrder } from './in-order.js';
import type { Circumstances, Destination, LinkInfo } from './ingest-service.js';
import { attemptNumber, runName } from './run-name.js';

/** The answer to one line; or the last one, to whatever lines were not read any more. */
export type BatchAnswer =
  | { readonly line: number; readonly status: 200 | 201; readonly link: LinkInfo }
  | { readonly line: number | null; readonly status: number; readonly code: string; readonly detail: string };

/** Where the lines go, each for itself. */
export interface LinkTaker {
  /** What a line wraps; undefined when it is a file by itself. */
  unwrap(destination: Destination, line: Buffer): Promise<WrappedLink | undefined>;
  accept(
    destination: Destination,
    bytes: Buffer,
    circumstances: Circumstances,
  ): Promise<{ readonly created: boolean; readonly link: LinkInfo }>;
}

/** As many as share a transaction. */
const LINES_AT_ONCE = 64;

/** What may stand beside the untouched bytes of a file that a line carries. */
const ownCircumstances = z.strictObject({
  run: runName.optional(),
  attempt: attemptNumber.optional(),
  subject: digestParameter.optional(),
});

/**
 * Each line is one link: either the file itself, when it is JSON on one line, or `{"content": BASE64, "run", "subject"}`,
 * which keeps every byte of any file. Each is stored or refused for itself: a bad line does not spoil the others.
 *
 * Answers come in the order of the lines, while later lines are still on their way. Lines are held only up to the size of
 * one allowed link, all together. Throws when the reading ends early, after the answers to what was read, or when whoever
 * posts may post no more. Attempts arrive in the order of the lines.
 */
export async function* acceptBatch(
  ingest: LinkTaker,
  destination: Destination,
  body: AsyncIterable<Buffer> | Iterable<Buffer>,
  circumstances: Circumstances,
  maxLinkBytes: number,
): AsyncGenerator<BatchAnswer> {
  const turns = new AttemptTurns();
  const watched = { ...destination, confirm: () => stillAllowed(destination) };
  yield* inOrder(
    linesOf(body, wrappedBytes(maxLinkBytes)),
    (line) => acceptLine(ingest, watched, line, circumstances, maxLinkBytes, turns),
    { items: LINES_AT_ONCE, weight: maxLinkBytes, weigh: ({ bytes }) => bytes.length },
  );
}

/** The longest line that can hold an allowed link: in base64, with its circumstances beside it. */
function wrappedBytes(linkBytes: number): number {
  return Math.ceil(linkBytes / 3) * 4 + 4_096;
}

async function acceptLine(
  ingest: LinkTaker,
  destination: Destination,
  line: Line,
  circumstances: Circumstances,
  maxLinkBytes: number,
  turns: AttemptTurns,
): Promise<BatchAnswer> {
  try {
    const wrapped = await ingest.unwrap(destination, line.bytes);
    const bytes = wrapped?.content ?? line.bytes;
    const own = wrapped ? ofItsOwn(wrapped, circumstances) : circumstances;
    if (bytes.length > maxLinkBytes) {
      throw new Problem('BODY_TOO_LARGE');
    }
    const { created, link } = await turns.take(own.attempt, () => ingest.accept(destination, bytes, own));
    return { line: line.number, status: created ? 201 : 200, link };
  } catch (error) {
    const problem = toProblem(error);
    if (problem.code === 'INTERNAL' || error instanceof NoLongerAllowed) {
      throw error;
    }
    return refusal(line.number, problem);
  }
}

/** Unlike whatever else is wrong with a line it is no matter of the line. */
class NoLongerAllowed extends Problem {}

async function stillAllowed(destination: Destination): Promise<void> {
  try {
    await destination.confirm();
  } catch (error) {
    const { code, details } = toProblem(error);
    throw new NoLongerAllowed(code, details);
  }
}

function ofItsOwn({ others }: WrappedLink, circumstances: Circumstances): Circumstances {
  const given = ownCircumstances.safeParse(others);
  if (!given.success) {
    throw new Problem('BODY_INVALID', {
      detail: given.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    });
  }
  const { run = circumstances.run, attempt, subject } = given.data;
  if (subject && run === undefined) {
    throw new Problem('BODY_INVALID', { detail: 'subject: a subject is declared of a run, give "run" too' });
  }
  return {
    run,
    attempt: attempt ?? circumstances.attempt,
    subject: subject ?? circumstances.subject,
  };
}

function refusal(line: number | null, problem: Problem): BatchAnswer {
  const { code, detail } = problem.toBody('');
  return { line, status: problem.status, code: String(code), detail: String(detail) };
}

/**
 * The answers as they go over the wire. Once the first has gone out the request cannot be refused any more: then an early
 * end is told in a last line, and to `log`.
 */
export async function writeAnswers(
  answers: AsyncGenerator<BatchAnswer>,
  log: (error: unknown) => void,
): Promise<Readable> {
  const first = await answers.next();
  if (first.done) {
    throw new Problem('BODY_MISSING');
  }
  return Readable.from(written(first.value, answers, log));
}

async function* written(
  first: BatchAnswer,
  others: AsyncGenerator<BatchAnswer>,
  log: (error: unknown) => void,
): AsyncGenerator<string> {
  try {
    yield ndjson(first);
    for await (const answer of others) {
      yield ndjson(answer);
    }
  } catch (error) {
    log(error);
    yield ndjson(refusal(null, toProblem(error)));
  }
}

function ndjson(answer: BatchAnswer): string {
  return `${JSON.stringify(answer)}\n`;
}
