import { InTotoError } from '../errors.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What one pass over the bytes of a JSON text tells before anything is allocated. */
export interface JsonScan {
  /** Only bytes below 0x80. */
  readonly ascii: boolean;
  /** No number that a double would not represent exactly as the integer it is written as. */
  readonly plainNumbers: boolean;
  /** Some string has a `\` escape, so that it may hold a lone surrogate. */
  readonly escapes: boolean;
}

/**
 * Measures nesting and looks at number lexemes, without deciding whether the text is JSON.
 * Throws JSON_TOO_DEEP, so that no parser ever sees such a text.
 */
export function scanJson(bytes: Uint8Array, maxDepth: number): JsonScan {
  const end = bytes.length;
  let depth = 0;
  let seen = 0;
  let plainNumbers = true;
  let escapes = false;
  for (let i = 0; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) {
      for (i++; i < end; i++) {
        const inner = bytes[i] as number;
        if (inner === QUOTE) break;
        seen |= inner;
        if (inner === BACKSLASH) {
          escapes = true;
          i++;
        }
      }
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > maxDepth) throw new InTotoError('JSON_TOO_DEEP', `nested deeper than ${maxDepth} levels`);
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    } else if (isDigit(byte)) {
      const start = i;
      while (isDigit(bytes[i + 1])) i++;
      if (i - start >= 15 || isFraction(bytes[i + 1])) plainNumbers = false;
    } else {
      seen |= byte;
    }
  }
  return { ascii: seen < 0x80, plainNumbers, escapes };
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** `.`, `e` or `E` after digits: the lexeme is a float, whatever its value. */
function isFraction(byte: number | undefined): boolean {
  return byte === 0x2e || byte === 0x65 || byte === 0x45;
}
