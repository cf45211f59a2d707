import { gzipSync } from 'node:zlib';
import type { Random } from './seeded.js';

export interface BadBody {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** How it was made, to find it again. */
  readonly recipe: string;
}

/** A file as it may arrive after an accident or in bad faith: mostly recognisable, hardly ever right. */
export function mutated(good: Buffer, random: Random): BadBody {
  const recipe: string[] = [];
  let body = good;
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const name = random.pick(NAMES);
    body = MUTATIONS[name](body, random);
    recipe.push(name);
  }
  const packing = random.below(8);
  if (packing === 0) {
    return { body: gzipSync(body), headers: GZIP, recipe: `${recipe}, gzip` };
  }
  if (packing === 1) {
    return { body: MUTATIONS.flip(gzipSync(body), random), headers: GZIP, recipe: `${recipe}, bad gzip` };
  }
  return { body, headers: {}, recipe: recipe.join(', ') };
}

const GZIP = { 'content-encoding': 'gzip' };

/** Values that have surprised somebody's parser, database or file system. */
const ODD_VALUES = [
  ...['null', 'true', '-1', '0.1', '1e999', 'NaN', '9007199254740993', '9'.repeat(5_000), '[]', '{}', '""'],
  ...['"\\u0000"', '"\\ud800"', '"../../etc/passwd"', '"%s%n"', '"\u202e"', `"${'x'.repeat(100_000)}"`],
  ...['{"__proto__": {"a": 1}}', '{"constructor": 1, "toString": 2}', '"2030-01-01T00:00:00+99:99"'],
  ...[`${'['.repeat(300)}${']'.repeat(300)}`, `{${'"a":{'.repeat(150)}${'}'.repeat(151)}`, '"\\', '"\u0001"'],
];

const MUTATIONS = {
  flip: (body: Buffer, random: Random): Buffer => {
    const copy = Buffer.from(body);
    if (copy.length > 0) {
      const at = random.below(copy.length);
      copy.writeUInt8(copy.readUInt8(at) ^ (1 << random.below(8)), at);
    }
    return copy;
  },
  cut: (body: Buffer, random: Random): Buffer => {
    const [from, to] = range(body, random);
    return Buffer.concat([body.subarray(0, from), body.subarray(to)]);
  },
  truncate: (body: Buffer, random: Random): Buffer => body.subarray(0, random.below(body.length + 1)),
  repeat: (body: Buffer, random: Random): Buffer => {
    const [from, to] = range(body, random);
    return Buffer.concat([body.subarray(0, to), body.subarray(from)]);
  },
  noise: (body: Buffer, random: Random): Buffer => {
    const at = random.below(body.length + 1);
    return Buffer.concat([body.subarray(0, at), random.bytes(1 + random.below(40)), body.subarray(at)]);
  },
  'odd value': (body: Buffer, random: Random): Buffer => {
    const text = body.toString('latin1');
    const values = [...text.matchAll(/"(?:[^"\\]|\\.)*"|\d+|\[\]|\{\}/g)];
    if (values.length === 0) return body;
    const value = random.pick(values);
    const odd = Buffer.from(random.pick(ODD_VALUES)).toString('latin1');
    return Buffer.from(
      text.slice(0, value.index) + odd + text.slice(value.index + value[0].length),
      'latin1',
    );
  },
  'member twice': (body: Buffer, random: Random): Buffer => {
    const text = body.toString('latin1');
    const members = [...text.matchAll(/"\w+": /g)];
    if (members.length === 0) return body;
    const { index } = random.pick(members);
    return Buffer.from(`${text.slice(0, index)}${random.pick(members)[0]}1, ${text.slice(index)}`, 'latin1');
  },
};
const NAMES = Object.keys(MUTATIONS) as (keyof typeof MUTATIONS)[];

function range(body: Buffer, random: Random): [number, number] {
  const from = random.below(body.length + 1);
  return [from, from + random.below(Math.min(200, body.length - from + 1))];
}
