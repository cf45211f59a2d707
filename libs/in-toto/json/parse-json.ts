import { InTotoError } from '../errors.js';
import { type Limits, withDefaults } from '../limits.js';
import { parseExactly } from './parse-exactly.js';
import { type JsonScan, scanJson } from './scan-json.js';
import type { JsonValue } from './value.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a JSON text exactly as Python's `json.load` does on a UTF-8 file: the last of duplicate members wins, `NaN` and
 * `Infinity` are numbers, integers are exact up to 4,300 digits, a byte order mark, invalid UTF-8, raw control characters
 * in strings and anything after the value are errors.
 *
 * Throws InTotoError: JSON_INVALID, JSON_TOO_DEEP, JSON_TOO_LARGE.
 */
export function parseJson(bytes: Uint8Array, limits?: Partial<Limits>): JsonValue {
  return parseScannedJson(bytes, limits).value;
}

/** A value, and what its text tells about it. */
export interface ParsedJson extends Pick<JsonScan, 'canonicalMember'> {
  readonly value: JsonValue;
  /** No float and no lone surrogate can be in it, so that it has a canonical form. */
  readonly hasCanonicalForm: boolean;
}

/** As `parseJson`, with what is known about the text; `canonicalMember` asks for the canonical form of a top-level member. */
export function parseScannedJson(
  bytes: Uint8Array,
  limits?: Partial<Limits>,
  canonicalMember?: string,
): ParsedJson {
  const known = withDefaults(limits);
  const { maxBytes, maxIntegerDigits } = known;
  if (bytes.length > maxBytes) throw new InTotoError('JSON_TOO_LARGE', `larger than ${maxBytes} bytes`);
  const scan = scanJson(bytes, known, canonicalMember);
  const text = decode(bytes);
  const value = scan.plainNumbers ? parsePlain(text) : undefined;
  if (value === undefined) return { value: parseExactly(text, maxIntegerDigits), hasCanonicalForm: false };
  return { value, hasCanonicalForm: !scan.unicodeEscapes, canonicalMember: scan.canonicalMember };
}

/** Text that takes as many bytes in UTF-8 as it has is ASCII, and need not be checked and converted, which is slower. */
function decode(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  if (Buffer.byteLength(text) === bytes.length) return text;
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new InTotoError('JSON_INVALID', 'not UTF-8', { cause });
  }
}

/** The native parser, wherever it agrees with Python's. What it refuses, the exact parser judges (`NaN`) or explains. */
function parsePlain(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
