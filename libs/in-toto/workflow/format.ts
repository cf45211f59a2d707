import type { Work } from '../rules/work.js';

/** Why a text with placeholders cannot be filled in. */
export class FormatRefused extends Error {
  override readonly name = 'FormatRefused';

  constructor(
    readonly code: 'PARAMETER_MISSING' | 'PARAMETER_FORMAT',
    message: string,
  ) {
    super(message);
  }
}

const FIELD = /^([^!:{}[\].]*)(?:!([rsa]))?(?::([^{}]*))?$/su;
const SPEC = /^(?:(.)?([<>^]))?(0)?([0-9]+)?(?:\.([0-9]+))?s?$/su;

/** Widths beyond this would only serve to fill memory. */
const MAX_WIDTH = 10_000;

/**
 * Python's `str.format` for string values, as far as layouts need it: `{name}`, `{{`, `}}`, the conversions `!s`, `!r`, `!a`
 * and the specification `[[fill]align][0][width][.precision][s]`. Refused although Python knows them: attribute and index
 * access (`{x.y}`, `{x[0]}`), which reach into the interpreter, and placeholders within a specification.
 *
 * Values are put in as they are, never expanded again; their characters are spent from `output`. Throws FormatRefused.
 */
export function formatText(text: string, values: ReadonlyMap<string, string>, output: Work): string {
  let result = '';
  for (let at = 0; at < text.length; ) {
    const brace = nextBrace(text, at);
    result += text.slice(at, brace);
    if (brace === text.length) break;
    if (text[brace + 1] === text[brace]) {
      result += text[brace];
      at = brace + 2;
      continue;
    }
    const end = text[brace] === '{' ? text.indexOf('}', brace) : -1;
    if (end < 0) throw new FormatRefused('PARAMETER_FORMAT', `a single '${text[brace]}' in "${text}"`);
    const value = formatField(text.slice(brace + 1, end), values);
    output.spend(value.length);
    result += value;
    at = end + 1;
  }
  return result;
}

function nextBrace(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{' || text[at] === '}') return at;
  }
  return text.length;
}

function formatField(field: string, values: ReadonlyMap<string, string>): string {
  const [, name, conversion, spec] = FIELD.exec(field) ?? [];
  if (name === undefined)
    throw new FormatRefused('PARAMETER_FORMAT', `the placeholder {${field}} is not supported`);
  // A number is a position in Python, and there are no positional values.
  const value = /^[0-9]*$/.test(name) ? undefined : values.get(name);
  if (value === undefined)
    throw new FormatRefused('PARAMETER_MISSING', `no value for the placeholder {${field}}`);
  const converted = conversion === 'r' || conversion === 'a' ? pythonRepr(value, conversion === 'a') : value;
  return align(converted, spec ?? '', field);
}

function align(value: string, spec: string, field: string): string {
  const match = SPEC.exec(spec);
  if (match === null)
    throw new FormatRefused('PARAMETER_FORMAT', `the placeholder {${field}} is not supported`);
  const [, fill, direction = '<', zero, width = '0', precision] = match;
  const characters = Array.from(value).slice(0, precision === undefined ? undefined : Number(precision));
  const missing = Number(width) - characters.length;
  if (Number(width) > MAX_WIDTH)
    throw new FormatRefused('PARAMETER_FORMAT', `the placeholder {${field}} is too wide`);
  if (missing <= 0) return characters.join('');
  const left = direction === '>' ? missing : direction === '^' ? Math.floor(missing / 2) : 0;
  const filler = fill ?? (zero === undefined ? ' ' : '0');
  return filler.repeat(left) + characters.join('') + filler.repeat(missing - left);
}

const ESCAPED = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);
const UNPRINTABLE = /^[\p{C}\p{Zl}\p{Zp}\p{Zs}]$/u;

/** Python's repr() of a string: single quotes unless only those occur in it. */
function pythonRepr(value: string, ascii: boolean): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const body = Array.from(value, (character) => {
    if (character === quote) return `\\${character}`;
    const point = character.codePointAt(0) ?? 0;
    const plain = point < 0x80 ? point >= 0x20 && point !== 0x7f : !ascii && !UNPRINTABLE.test(character);
    return ESCAPED.get(character) ?? (plain ? character : escapeCodePoint(point));
  });
  return quote + body.join('') + quote;
}

function escapeCodePoint(point: number): string {
  if (point <= 0xff) return `\\x${point.toString(16).padStart(2, '0')}`;
  if (point <= 0xffff) return `\\u${point.toString(16).padStart(4, '0')}`;
  return `\\U${point.toString(16).padStart(8, '0')}`;
}
