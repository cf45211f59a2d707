import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.js';
import { minifyObject } from './minify-object.js';
import { parseJson } from './parse-json.js';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));
const minified = (text: string) => {
  const { canonical } = minifyObject(bytesOf(text), 0, 100);
  return canonical && Buffer.from(canonical).toString();
};

describe('an object without white space', () => {
  it('is its canonical form when its members are sorted', () => {
    expect(minified('{ "a" : [1, 2], "b" : "x\\ny" }')).toBe('{"a":[1,2],"b":"x\ny"}');
  });

  it.each([
    [
      '{"A":1,"\\"":2}',
      'a quote, which sorts before every letter and is written with a backslash, which does not',
    ],
    ['{"a#":1,"a\\"":2}', 'a quote behind a number sign'],
    ['{"]":1,"\\\\":2}', 'a backslash behind a bracket'],
    ['{"b":1,"a":2}', 'members out of order'],
    ['{"a":1,"a":2}', 'a member twice'],
  ])('is not when the text is %s: %s', (text) => {
    expect(minified(text)).toBeUndefined();
  });

  it('is the canonical form wherever it is taken for it', () => {
    const name = fc.string({
      unit: fc.constantFrom('"', '\\', '#', '!', '[', ']', 'a', 'Z', '\n', 'é', '\u{1f600}'),
    });
    const object = fc.array(fc.tuple(name, fc.oneof(fc.integer(), name)), { maxLength: 6 });
    fc.assert(
      fc.property(object, (members) => {
        const text = `{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
        const canonical = minified(text);
        if (canonical !== undefined) {
          expect(canonical).toBe(Buffer.from(canonicalJson(parseJson(bytesOf(text)))).toString());
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
