import { InTotoError } from '../errors.js';
import type { Limits } from '../limits.js';
import {
  BACKSLASH,
  CLOSE,
  DIGIT,
  endsRun,
  isDigit,
  isPlainInteger,
  KINDS,
  LETTER_U,
  MEMBER,
  NEXT,
  OPEN,
  QUOTE,
  STRING,
  viewOf,
} from './bytes.js';
import { minifyObject } from './minify-object.js';

/** What one pass over the bytes of a JSON text tells before anything is allocated for its values. */
export interface JsonScan {
  /** No number that a double would not represent exactly as the integer it is written as. */
  readonly plainNumbers: boolean;
  /** Some string has a `\u` escape, so that it may hold a lone surrogate. */
  readonly unicodeEscapes: boolean;
  /** The canonical form of the top-level member that was asked for, when its text could simply be copied. */
  readonly canonicalMember?: Uint8Array | undefined;
}

/**
 * Measures nesting, counts values and looks at number lexemes, without deciding whether the text is JSON.
 * Throws JSON_TOO_DEEP and JSON_TOO_LARGE, so that no parser ever sees such a text.
 */
export function scanJson(
  bytes: Uint8Array,
  { maxDepth, maxValues }: Pick<Limits, 'maxDepth' | 'maxValues'>,
  canonicalMember?: string,
): JsonScan {
  const wanted = canonicalMember === undefined ? undefined : Buffer.from(`"${canonicalMember}"`);
  const end = bytes.length;
  const view = viewOf(bytes);
  const found: Uint8Array[] = [];
  let members = 0;
  let [depth, stringStart, stringEnd] = [0, 0, 0];
  let values = 0;
  let plainNumbers = true;
  let unicodeEscapes = false;
  for (let i = 0; i < end; i++) {
    const kind = KINDS[bytes[i] as number];
    if (kind === STRING) {
      stringStart = i;
      for (i++; i < end; i++) {
        while (i + 4 <= end && !endsRun(view.getInt32(i, true))) i += 4;
        const byte = bytes[i];
        if (byte === QUOTE) break;
        if (byte === BACKSLASH) {
          i++;
          unicodeEscapes ||= bytes[i] === LETTER_U;
        }
      }
      stringEnd = i + 1;
    } else if (kind === OPEN) {
      if (++depth > maxDepth) throw new InTotoError('JSON_TOO_DEEP', `nested deeper than ${maxDepth} levels`);
      if (++values > maxValues) throw tooManyValues(maxValues);
    } else if (kind === NEXT) {
      if (++values > maxValues) throw tooManyValues(maxValues);
    } else if (kind === CLOSE) {
      depth--;
    } else if (kind === DIGIT) {
      const start = i;
      while (isDigit(bytes[i + 1])) i++;
      plainNumbers &&= isPlainInteger(bytes, start, i + 1);
    } else if (kind === MEMBER && depth === 1 && wanted?.equals(bytes.subarray(stringStart, stringEnd))) {
      const member = minifyObject(bytes, i + 1, maxDepth);
      members++;
      values += member.values;
      if (values > maxValues) throw tooManyValues(maxValues);
      plainNumbers &&= member.plainNumbers;
      unicodeEscapes ||= member.unicodeEscapes;
      if (member.canonical) found.push(member.canonical);
      i = member.end - 1;
    }
  }
  return { plainNumbers, unicodeEscapes, canonicalMember: members === 1 ? found[0] : undefined };
}

function tooManyValues(maxValues: number): InTotoError {
  return new InTotoError('JSON_TOO_LARGE', `more than ${maxValues} objects, lists and entries of them`);
}
