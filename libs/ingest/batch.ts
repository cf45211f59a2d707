import { z } from 'zod';
import { parseJson } from '#in-toto/index.js';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { digestParameter } from '#platform/digest.js';
import { toProblem } from '#platform/problem-filter.js';
import { Problem } from '#platform/problems.js';
import type { Circumstances, IngestService, LinkInfo } from './ingest-service.js';
import { attemptNumber, runName } from './run-name.js';

/** The answer to one line. */
export type BatchAnswer =
  | { readonly line: number; readonly status: 200 | 201; readonly link: LinkInfo }
  | { readonly line: number; readonly status: number; readonly code: string; readonly detail: string };

/** As many as share a transaction. */
const LINES_AT_ONCE = 64;

/** A line that carries the untouched bytes of a file, with its own circumstances if need be. */
const wrappedLink = z.strictObject({
  content: z.base64(),
  run: runName.optional(),
  attempt: attemptNumber.optional(),
  subject: digestParameter.optional(),
});

/**
 * Each line is one link: either the file itself, when it is JSON on one line, or `{"content": BASE64, "run", "subject"}`,
 * which keeps every byte of any file. Each is stored or refused for itself: a bad line does not spoil the others. Blank
 * lines are passed over. The attempts of a batch go one after the other: one that arrived before what it replaces would
 * contradict it. So none is taken while a line of an earlier one has to be sent again.
 */
export async function acceptBatch(
  ingest: Pick<IngestService, 'accept'>,
  chain: ChainName,
  body: Buffer,
  circumstances: Circumstances,
): Promise<BatchAnswer[]> {
  const lines = [...linesOf(body)];
  if (lines.length === 0) {
    throw new Problem('BODY_MISSING');
  }
  const answers: BatchAnswer[] = [];
  for (const attempt of byAttempt(lines, circumstances)) {
    const away = answers.find(({ status }) => status === 503);
    if (away) {
      answers.push(...attempt.map(({ number }) => ({ ...away, line: number })));
      continue;
    }
    for (let start = 0; start < attempt.length; start += LINES_AT_ONCE) {
      const slice = attempt.slice(start, start + LINES_AT_ONCE);
      answers.push(
        ...(await Promise.all(slice.map((line) => acceptLine(ingest, chain, line, circumstances)))),
      );
    }
  }
  return answers.sort((a, b) => a.line - b.line);
}

interface Line {
  readonly number: number;
  readonly bytes: Buffer;
}

/** The lowest first. */
function byAttempt(lines: readonly Line[], circumstances: Circumstances): Line[][] {
  const groups = new Map<number, Line[]>();
  for (const line of lines) {
    const attempt = attemptOf(line.bytes, circumstances);
    const group = groups.get(attempt) ?? [];
    group.push(line);
    groups.set(attempt, group);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
}

/** What is wrong with a line is said when its turn has come. */
function attemptOf(line: Buffer, circumstances: Circumstances): number {
  if (!line.includes('"attempt"')) {
    return circumstances.attempt;
  }
  try {
    return unwrap(line, circumstances).attempt;
  } catch {
    return circumstances.attempt;
  }
}

async function acceptLine(
  ingest: Pick<IngestService, 'accept'>,
  chain: ChainName,
  line: Line,
  circumstances: Circumstances,
): Promise<BatchAnswer> {
  try {
    const { bytes, ...own } = unwrap(line.bytes, circumstances);
    const { created, link } = await ingest.accept(chain, bytes, own);
    return { line: line.number, status: created ? 201 : 200, link };
  } catch (error) {
    const problem = toProblem(error);
    if (problem.code === 'INTERNAL') {
      throw error;
    }
    const { code, detail } = problem.toBody('');
    return { line: line.number, status: problem.status, code: String(code), detail: String(detail) };
  }
}

function unwrap(bytes: Buffer, circumstances: Circumstances): Circumstances & { bytes: Buffer } {
  const value = parseJson(bytes);
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'content')) {
    return { bytes, ...circumstances };
  }
  const wrapped = wrappedLink.safeParse(value);
  if (!wrapped.success) {
    throw new Problem('BODY_INVALID', {
      detail: wrapped.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    });
  }
  const { content, run = circumstances.run, attempt, subject } = wrapped.data;
  if (subject && run === undefined) {
    throw new Problem('BODY_INVALID', { detail: 'subject: a subject is declared of a run, give "run" too' });
  }
  return {
    bytes: Buffer.from(content, 'base64'),
    run,
    attempt: attempt ?? circumstances.attempt,
    subject: subject ?? circumstances.subject,
  };
}

const CARRIAGE_RETURN = 0x0d;
const BLANK = /^\s*$/;

function* linesOf(body: Buffer): Iterable<Line> {
  let number = 0;
  for (let start = 0; start < body.length; ) {
    const newline = body.indexOf(0x0a, start);
    const end = newline === -1 ? body.length : newline;
    const last = body[end - 1] === CARRIAGE_RETURN && end > start ? end - 1 : end;
    const bytes = body.subarray(start, last);
    number += 1;
    if (bytes.length > 16 || !BLANK.test(bytes.toString('latin1'))) {
      yield { number, bytes };
    }
    start = end + 1;
  }
}
