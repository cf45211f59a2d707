import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { JsonValue } from '#in-toto/index.js';

/** One recorded run of the reference implementation: its input, and what it said. */
export interface Vector {
  readonly name: string;
  readonly category: string;
  readonly layout?: string;
  readonly layout_base64?: string;
  readonly layout_keys: Readonly<Record<string, JsonValue>>;
  readonly links: readonly VectorLink[];
  readonly parameters: Readonly<Record<string, string>> | null;
  readonly needs_inspection: boolean;
  readonly cwd_files?: readonly { readonly path: string; readonly content: string }[];
  readonly expected: Expected;
}

export interface VectorLink {
  readonly filename: string;
  readonly content?: string;
  readonly content_base64?: string;
}

export interface Expected {
  readonly outcome: 'pass' | 'fail';
  readonly error_class?: string;
  readonly message?: string;
  readonly phase?: string;
  readonly failing_item?: string;
  readonly failing_source_type?: string;
  readonly rule?: string;
  readonly summary?: JsonValue;
  readonly command_warnings?: readonly unknown[];
  readonly skipped_links?: readonly unknown[];
  readonly rule_trace?: readonly ExpectedTrace[];
}

/** The queue after each rule; the rule that fails leaves none. */
export interface ExpectedTrace {
  readonly item: string;
  readonly type: 'materials' | 'products';
  readonly queues: readonly (readonly string[])[];
  readonly result: string;
}

/** Reads vectors from JSON lines, plain or compressed with gzip. */
export function readVectors(file: string): Vector[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Vector);
}

export function fileBytes(text: string | undefined, base64: string | undefined): Uint8Array {
  return base64 === undefined ? Buffer.from(text ?? '', 'utf8') : Buffer.from(base64, 'base64');
}
