/** Bytes with a meaning in JSON. */
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const BACKSLASH = 0x5c;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const LETTER_U = 0x75;
const MINUS = 0x2d;

/** What a byte outside of strings means to a scan. */
export const [STRING, OPEN, CLOSE, DIGIT, SPACE, MEMBER, SIGN, NEXT] = [1, 2, 3, 4, 5, 6, 7, 8];
export const KINDS = new Uint8Array(256);
for (const [bytes, kind] of [
  [[QUOTE], STRING],
  [[OPEN_BRACE, OPEN_BRACKET], OPEN],
  [[CLOSE_BRACE, CLOSE_BRACKET], CLOSE],
  [Buffer.from('0123456789'), DIGIT],
  [Buffer.from(' \t\r\n'), SPACE],
  [[COLON], MEMBER],
  [[MINUS], SIGN],
  [[COMMA], NEXT],
] as const) {
  for (const byte of bytes) KINDS[byte] = kind;
}

/** More digits than this may not fit a double. */
const SAFE_DIGITS = 15;

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && KINDS[byte] === DIGIT;
}

/** Whether the digits from `start` to `end` are an integer that a double holds exactly, and no part of a float. */
export function isPlainInteger(bytes: Uint8Array, start: number, end: number): boolean {
  const next = bytes[end];
  const isFloat = next === 0x2e || next === 0x65 || next === 0x45;
  return !isFloat && end - start <= SAFE_DIGITS;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * Whether one of the four bytes of a word is `"` or `\`: where neither is, a string goes on for four bytes at least.
 * (A byte of `x` is zero where bit 7 of `(x - 1) & ~x` is set in it.)
 */
export function endsRun(word: number): boolean {
  const quote = word ^ 0x22222222;
  const backslash = word ^ 0x5c5c5c5c;
  const zero = (((quote - 0x01010101) | 0) & ~quote) | (((backslash - 0x01010101) | 0) & ~backslash);
  return (zero & 0x80808080) !== 0;
}
