import { InTotoError } from '../errors.js';
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
  SIGN,
  SPACE,
  STRING,
  viewOf,
} from './bytes.js';

export interface MinifiedObject {
  /** Position after the object. */
  readonly end: number;
  /** As `Limits.maxValues` counts them. */
  readonly values: number;
  readonly plainNumbers: boolean;
  readonly unicodeEscapes: boolean;
  /** The canonical form; undefined when it is not the text without white space. */
  readonly canonical: Uint8Array | undefined;
}

/** Escapes that stand for one byte, which canonical JSON writes as it is. */
const UNESCAPED = new Uint8Array(256);
for (const [letter, byte] of ['b\b', 'f\f', 'n\n', 'r\r', 't\t', '//'].map((pair) => Buffer.from(pair))) {
  UNESCAPED[letter as number] = byte as number;
}

/**
 * Copies an object without white space and escapes. Files that the in-toto tools write have their members sorted, so that
 * the copy is the canonical form already, at a fraction of the cost of computing it. Where that is not certain (members out
 * of order or twice, an escape in a name, `\u` escapes, `-0`), there is none. The text is assumed to be JSON: the caller parses it anyway.
 *
 * UTF-8 sorts by code point, so that members can be compared as bytes: as long as they are written without escapes, since
 * `"` sorts before `#` and `\"` after it.
 */
export function minifyObject(bytes: Uint8Array, start: number, maxDepth: number): MinifiedObject {
  const out = Buffer.allocUnsafe(bytes.length - start);
  const [source, target] = [viewOf(bytes), viewOf(out)];
  const latest = new LatestMembers(out);
  let at = 0;
  let [depth, stringStart, i] = [0, 0, start];
  let values = 0;
  let isCanonical = true;
  let plainNumbers = true;
  let hasEscape = false;
  let unicodeEscapes = false;
  const end = bytes.length;
  for (; i < end; i++) {
    const byte = bytes[i] as number;
    const kind = KINDS[byte];
    if (kind === SPACE) {
      while (bytes[i + 1] === BLANK) i++;
      continue;
    }
    if (kind === STRING) {
      stringStart = at;
      hasEscape = false;
      out[at++] = QUOTE;
      for (i++; i < end; i++) {
        for (; i + 4 <= end; i += 4, at += 4) {
          const word = source.getInt32(i, true);
          if (endsRun(word)) break;
          target.setInt32(at, word, true);
        }
        if (i === end) break;
        const inner = bytes[i] as number;
        if (inner === QUOTE) break;
        if (inner !== BACKSLASH) {
          out[at++] = inner;
          continue;
        }
        hasEscape = true;
        const letter = bytes[++i] ?? 0;
        unicodeEscapes ||= letter === LETTER_U;
        if (letter === QUOTE || letter === BACKSLASH) {
          out[at++] = BACKSLASH;
          out[at++] = letter;
        } else {
          isCanonical &&= UNESCAPED[letter] !== 0;
          out[at++] = UNESCAPED[letter] ?? 0;
        }
      }
    } else if (kind === MEMBER) {
      isCanonical &&= !hasEscape && latest.isNext(depth, stringStart + 1, at - 1);
    } else if (kind === OPEN) {
      if (++depth >= maxDepth)
        throw new InTotoError('JSON_TOO_DEEP', `nested deeper than ${maxDepth} levels`);
      latest.open(depth);
      values++;
    } else if (kind === NEXT) {
      values++;
    } else if (kind === CLOSE) {
      depth--;
    } else if (kind === DIGIT) {
      const first = i;
      for (; isDigit(bytes[i + 1]); i++) out[at++] = bytes[i] as number;
      plainNumbers &&= isPlainInteger(bytes, first, i + 1);
      out[at++] = bytes[i] as number;
      continue;
    } else if (kind === SIGN) {
      isCanonical &&= bytes[i + 1] !== ZERO;
    }
    out[at++] = byte;
    if (depth <= 0) break;
  }
  return {
    end: i + 1,
    values,
    plainNumbers,
    unicodeEscapes,
    canonical: isCanonical ? out.subarray(0, at) : undefined,
  };
}

const BLANK = 0x20;
const ZERO = 0x30;

/** The last member name of every object that is open: where it starts and ends. */
class LatestMembers {
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];

  constructor(private readonly out: Uint8Array) {}

  open(depth: number): void {
    this.starts[depth] = -1;
  }

  /** Whether the name sorts after the one before it in the same object. */
  isNext(depth: number, start: number, end: number): boolean {
    const from = this.starts[depth] as number;
    const to = this.ends[depth] as number;
    this.starts[depth] = start;
    this.ends[depth] = end;
    if (from < 0) return true;
    const { out } = this;
    const length = Math.min(to - from, end - start);
    for (let i = 0; i < length; i++) {
      const difference = (out[start + i] as number) - (out[from + i] as number);
      if (difference !== 0) return difference > 0;
    }
    return end - start > to - from;
  }
}
