import { InTotoError } from '../errors.js';
import { type JsonValue, setMember } from './value.js';

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const WHITESPACE = /[ \t\n\r]*/y;
/** The characters of a string up to the next quote, escape or control character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids raw control characters in strings
const STRING_CHUNK = /[^"\\\u0000-\u001f]*/y;
const CONSTANTS = new Map<string, JsonValue>([
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);
const ESCAPES = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/**
 * A JSON parser that keeps what `JSON.parse` loses: integers beyond 2^53 become `bigint`, and a number written with a
 * fraction or an exponent never becomes an integer (`1.0` and `1e2` become NaN, as canonical JSON knows no such number).
 * Recursive: the caller has bounded the depth.
 */
export function parseExactly(text: string, maxIntegerDigits: number): JsonValue {
  let at = 0;

  const value = parseValue();
  skip(WHITESPACE);
  if (at !== text.length) fail('extra data after the value');
  return value;

  function parseValue(): JsonValue {
    skip(WHITESPACE);
    switch (text[at]) {
      case '{':
        return parseObject();
      case '[':
        return parseArray();
      case '"':
        return parseString();
      default:
        return parseNumber() ?? parseConstant();
    }
  }

  function parseObject(): JsonValue {
    const object: Record<string, JsonValue> = {};
    at++;
    skip(WHITESPACE);
    if (text[at] === '}') return take(object);
    for (;;) {
      skip(WHITESPACE);
      if (text[at] !== '"') fail('expected a member name');
      const name = parseString();
      skip(WHITESPACE);
      expect(':');
      setMember(object, name, parseValue());
      skip(WHITESPACE);
      if (text[at] === '}') return take(object);
      expect(',');
    }
  }

  function parseArray(): JsonValue {
    const array: JsonValue[] = [];
    at++;
    skip(WHITESPACE);
    if (text[at] === ']') return take(array);
    for (;;) {
      array.push(parseValue());
      skip(WHITESPACE);
      if (text[at] === ']') return take(array);
      expect(',');
    }
  }

  function parseString(): string {
    let string = '';
    at++;
    for (;;) {
      string += skip(STRING_CHUNK);
      const next = text[at];
      if (next === '"') return take(string);
      if (next !== '\\') fail('unterminated string or control character in it');
      at++;
      string += parseEscape();
    }
  }

  function parseEscape(): string {
    const letter = text[at++] ?? '';
    if (letter !== 'u') return ESCAPES.get(letter) ?? fail('invalid escape');
    const hex = text.slice(at, at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(hex)) fail('invalid \\u escape');
    at += 4;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  function parseNumber(): JsonValue | undefined {
    NUMBER.lastIndex = at;
    const match = NUMBER.exec(text);
    if (match === null) return undefined;
    const [lexeme, fraction, exponent] = match;
    at += lexeme.length;
    if (fraction !== undefined || exponent !== undefined) return float(Number(lexeme));
    if (lexeme.length > maxIntegerDigits && lexeme.replace('-', '').length > maxIntegerDigits) {
      fail(`integer of more than ${maxIntegerDigits} digits`);
    }
    const integer = Number(lexeme);
    return Number.isSafeInteger(integer) ? integer : BigInt(lexeme);
  }

  function parseConstant(): JsonValue {
    for (const [word, constant] of CONSTANTS) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return constant;
      }
    }
    return fail('expected a value');
  }

  function skip(pattern: RegExp): string {
    pattern.lastIndex = at;
    const skipped = pattern.exec(text)?.[0] ?? '';
    at += skipped.length;
    return skipped;
  }

  function take<T>(value: T): T {
    at++;
    return value;
  }

  function expect(character: string): void {
    if (text[at] !== character) fail(`expected '${character}'`);
    at++;
  }

  function fail(reason: string): never {
    throw new InTotoError('JSON_INVALID', `${reason} at character ${at}`);
  }
}

function float(value: number): number {
  return Number.isInteger(value) ? Number.NaN : value;
}
