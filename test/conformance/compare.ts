import { posix } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  type InspectionRunner,
  InTotoError,
  type JsonValue,
  type Link,
  type LinkSource,
  parsePublicKey,
  type RuleTrace,
  type VerificationResult,
  verify,
} from '#in-toto/index.js';
import { withInspectionRunner } from './inspection-runner.js';
import { type Expected, fileBytes, type Vector, type VectorLink } from './vector.js';

/** Names longer than this cannot be files, so the reference never finds them. */
const MAX_FILE_NAME_BYTES = 255;

/** Runs a vector; returns where the result differs from the reference's, each as expected and actual. */
export function disagreements(vector: Vector, at: Date): string[] {
  if (!vector.needs_inspection) return compare(vector.expected, run(vector, at));
  return withInspectionRunner(vector.cwd_files ?? [], (inspect) =>
    compare(vector.expected, run(vector, at, inspect)),
  );
}

/** Undefined when the given layout keys are no keys. */
function run(vector: Vector, at: Date, inspect?: InspectionRunner): VerificationResult | undefined {
  const layoutKeys = readKeys(vector.layout_keys);
  if (layoutKeys === undefined) return undefined;
  return verify(
    {
      layout: fileBytes(vector.layout, vector.layout_base64),
      layoutKeys,
      links: linkDirectory(vector.links),
      parameters: vector.parameters ?? undefined,
      inspect,
    },
    { at, trace: vector.expected.rule_trace !== undefined },
  );
}

function readKeys(keys: Vector['layout_keys']) {
  try {
    return new Map(Object.entries(keys).map(([keyid, key]) => [keyid, parsePublicKey(key)]));
  } catch (error) {
    if (error instanceof InTotoError) return undefined;
    throw error;
  }
}

/** The vector's files as a link directory: paths are resolved like a file system does it. */
function linkDirectory(files: readonly VectorLink[]): LinkSource {
  const directory = new Map(
    files.map(({ filename, content, content_base64 }) => [
      posix.normalize(filename),
      fileBytes(content, content_base64),
    ]),
  );
  return {
    read(fileName) {
      const isTooLong = fileName.split('/').some((part) => Buffer.byteLength(part) > MAX_FILE_NAME_BYTES);
      return isTooLong ? undefined : directory.get(posix.normalize(fileName));
    },
  };
}

function compare(expected: Expected, result: VerificationResult | undefined): string[] {
  const outcome = result?.outcome ?? 'fail';
  const first = result?.findings.find(({ severity }) => severity === 'error');
  const found = `${outcome} ${first?.code ?? ''} ${first?.message ?? ''}`;
  if (outcome !== expected.outcome) {
    return [
      `outcome: expected ${expected.outcome} ${expected.error_class ?? ''} ${expected.message ?? ''}, actual ${found}`,
    ];
  }
  return [
    ...difference(
      'rule trace',
      withoutClasses(expected.rule_trace),
      result?.trace && recordedTrace(result.trace),
    ),
    ...difference('summary', expected.summary, result?.summary && summaryAsJson(result.summary)),
    ...difference('failing item', expected.failing_item, first?.step ?? first?.inspection),
    ...difference('failing side', expected.failing_source_type, first?.side),
    ...difference('rule', expected.rule, first?.rule && withUpperKeyword(first.rule.text)),
  ];
}

/** Only what the vector records is compared. */
function difference(what: string, expected: unknown, actual: unknown): string[] {
  if (expected === undefined || isDeepStrictEqual(expected, actual)) return [];
  return [`${what}: expected ${JSON.stringify(expected)}, actual ${JSON.stringify(actual)}`];
}

/** Exception classes of the reference are its own matter. */
function withoutClasses(trace: Expected['rule_trace']) {
  return trace?.map(({ result, ...queues }) => ({ ...queues, failed: result !== 'ok' }));
}

/** The reference words its messages with keywords in upper case. */
function withUpperKeyword(rule: string): string {
  return rule.replace(/^\w+/, (keyword) => keyword.toUpperCase());
}

/** The reference stops at the first failing rule; this library goes on. */
function recordedTrace(trace: readonly RuleTrace[]) {
  const failing = trace.findIndex(({ failed }) => failed);
  return trace.slice(0, failing < 0 ? undefined : failing + 1).map(({ item, side, queues, failed }) => ({
    item,
    type: side,
    queues,
    failed,
  }));
}

/** As the vector has it, by the same route through JSON. */
function summaryAsJson({ type, ...link }: Link): JsonValue {
  const text = JSON.stringify({ _type: type, ...link }, (_, value) =>
    typeof value === 'bigint' ? Number(value) : value,
  );
  return JSON.parse(text);
}
