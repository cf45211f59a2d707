import { isArray, isObject, type JsonObject, type JsonValue } from '#in-toto/json/value.js';
import type { Random } from './random.js';

const STRANGE: readonly [JsonValue, ...JsonValue[]] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  2,
  4,
  '',
  'a',
  'x/../y',
  '\0',
  '\ud83d\ude00',
  [],
  {},
  [[]],
  ['a'],
  { a: 1 },
  { sha256: 'ab' },
  '2030-01-01T00:00:00Z',
  '__proto__',
];

/** The value with one part replaced, removed, doubled or renamed. Parts near the root are as likely as deep ones. */
export function mutateJson(value: JsonValue, random: Random): JsonValue {
  if (isArray(value) && value.length > 0 && random.chance(0.8)) return mutateList(value, random);
  if (isObject(value) && Object.keys(value).length > 0 && random.chance(0.8))
    return mutateObject(value, random);
  return mutateLeaf(value, random);
}

function mutateLeaf(value: JsonValue, random: Random): JsonValue {
  if (typeof value === 'string' && random.chance(0.6)) return mutateText(value, random);
  if (typeof value === 'number' && random.chance(0.5)) return value + random.pick([1, -1, 2 ** 31]);
  return random.pick(STRANGE);
}

function mutateList(list: readonly JsonValue[], random: Random): JsonValue {
  const at = random.int(list.length);
  const element = list[at] ?? null;
  return random.pick<() => JsonValue>([
    () => list.toSpliced(at, 1),
    () => list.toSpliced(at, 0, element),
    () => list.toSpliced(at, 0, random.pick(STRANGE)),
    () => list.toReversed(),
    () => list.with(at, mutateJson(element, random)),
    () => list.with(at, mutateJson(element, random)),
    () => list.with(at, mutateJson(element, random)),
  ])();
}

function mutateObject(object: JsonObject, random: Random): JsonValue {
  const entries = Object.entries(object);
  const at = random.int(entries.length);
  const [name, member] = entries[at] ?? ['', null];
  const changed = random.pick<() => [string, JsonValue][]>([
    () => entries.toSpliced(at, 1),
    () => entries.with(at, [mutateText(name, random), member]),
    () => [
      ...entries,
      [random.pick(['extra', '__proto__', 'self', name.toUpperCase()]), random.pick(STRANGE)],
    ],
    () => entries.with(at, [name, mutateJson(member, random)]),
    () => entries.with(at, [name, mutateJson(member, random)]),
    () => entries.with(at, [name, mutateJson(member, random)]),
    () => entries.with(at, [name, mutateJson(member, random)]),
  ])();
  return Object.fromEntries(changed);
}

function mutateText(text: string, random: Random): string {
  const at = random.int(text.length + 1);
  return random.pick([
    text.toUpperCase(),
    text.slice(0, at),
    text.slice(0, at) +
      random.pick(['/', '*', '\n', 'é', '{', '}', '0', '\\', '.', '\u{1f600}']) +
      text.slice(at),
    text.slice(0, at) + text.slice(at + 1),
    `${text} `,
    '',
  ]);
}

/** Values that only a parser of the text can tell from what a serialiser would write. */
const LEXEMES: readonly [string, ...string[]] = [
  '1.0',
  '0.0',
  '1e2',
  '1E400',
  '-0',
  '-1',
  'NaN',
  '-Infinity',
  '9007199254740993',
  '18446744073709551616',
  '"\\ud800"',
  '"\\ud83d\\ude00"',
  '"\\u0061\\/"',
  '"\x7f"',
  '01',
  'tru',
  '"\\x"',
  '\ufeff',
  '\t1',
  '1 ',
  '[]',
  '{}',
  '{"a": 1, "a": 2}',
  '"2099-01-01T00:00:00Z"',
  '"0000-01-01T00:00:00Z"',
];

/** The bytes with a flip, a loss, a gain, another value or a member twice. */
export function mutateBytes(bytes: Uint8Array, random: Random): Buffer {
  const at = random.int(bytes.length + 1);
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(at);
  return random.pick<() => Buffer>([
    () => Buffer.concat([before, Buffer.of((after[0] ?? 0) ^ (1 << random.int(8))), after.subarray(1)]),
    () => Buffer.concat([before, after.subarray(1 + random.int(4))]),
    () => Buffer.concat([before, Buffer.of(random.int(256)), after]),
    () => Buffer.concat([before, before.subarray(Math.max(0, at - random.int(40))), after]),
    () => Buffer.concat([before]),
    () => withOtherValue(bytes, random),
    () => withOtherValue(bytes, random),
    () => withOtherValue(bytes, random),
    () => withMemberTwice(bytes, random),
    () => withMemberTwice(bytes, random),
  ])();
}

function withOtherValue(bytes: Uint8Array, random: Random): Buffer {
  const text = Buffer.from(bytes).toString();
  const match = random.one([...text.matchAll(/(?<=[:[,] ?)(?:-?\d+|true|false|null|"[^"\\]*")/g)]);
  if (!match) return Buffer.from(bytes);
  const rest = text.slice(match.index + match[0].length);
  return Buffer.from(text.slice(0, match.index) + random.pick(LEXEMES) + rest);
}

/** The sound member may come last, or first, which makes a difference to parsers. */
function withMemberTwice(bytes: Uint8Array, random: Random): Buffer {
  const text = Buffer.from(bytes).toString();
  const match = random.one([...text.matchAll(/"[^"\\]*"(?=:)/g)]);
  if (!match) return Buffer.from(bytes);
  const extra = `${match[0]}: ${random.pick(LEXEMES)}`;
  const at = random.chance(0.5) ? match.index : text.indexOf('}', match.index);
  return Buffer.from(text.slice(0, at) + (at === match.index ? `${extra}, ` : `, ${extra}`) + text.slice(at));
}
