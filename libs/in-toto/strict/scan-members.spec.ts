import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanMembers } from './scan-members.js';

describe('scanMembers', () => {
  it.each([
    ['{"a":1,"a":2}', ['a']],
    ['{"a":{"b":1,"c":2,"b":3}}', ['a/b']],
    ['[{"a":1},{"a":1,"a":1}]', ['1/a']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"é":1,"\\u00e9":2}', ['é']],
    ['{"__proto__":1,"__proto__":2}', ['__proto__']],
    ['{"":1,"":2}', ['']],
    ['{"a":1,"a":2,"a":3}', ['a', 'a']],
    ['{ "a" : 1 ,\n "a" : 2 }', ['a']],
    ['{"a":["a","a"],"b":"a"}', []],
    ['{"a":"{\\"a\\":1,\\"a\\":2}"}', []],
    ['{"a":{"a":1},"b":{"a":1}}', []],
    ['{"a":1,"A":2}', []],
    ['[]', []],
  ])('finds the members that %s repeats', (text, duplicates) => {
    expect(scanMembers(Buffer.from(text)).duplicates).toEqual(duplicates);
  });

  it.each([
    ['{"a":1.0}', ['a']],
    ['{"a":[1,2e3]}', ['a/1']],
    ['{"a":-0.5,"b":1E2}', ['a', 'b']],
    ['{"a":NaN,"b":-Infinity}', ['a', 'b']],
    ['{"a":-1,"b":12345678901234567890,"c":"1.5","d":true,"e":null,"f":false}', []],
  ])('finds the floats of %s', (text, floats) => {
    expect(scanMembers(Buffer.from(text)).floats).toEqual(floats);
  });

  it('reports a few of many', () => {
    const text = `{${Array.from({ length: 1000 }, () => '"a":1').join(',')}}`;
    expect(scanMembers(Buffer.from(text)).duplicates).toHaveLength(10);
  });

  it('walks any depth', () => {
    const depth = 200_000;
    expect(scanMembers(Buffer.from('['.repeat(depth) + ']'.repeat(depth))).duplicates).toEqual([]);
  });

  it('finds nothing in what JSON.stringify writes of integers', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: 'binary' }),
        fc.maxSafeInteger(),
        fc.array(tie('any')),
        fc.dictionary(fc.string(), tie('any')),
      ),
    })).any;
    fc.assert(
      fc.property(value, (json) => {
        expect(scanMembers(Buffer.from(JSON.stringify(json)))).toEqual({ duplicates: [], floats: [] });
      }),
    );
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void scanMembers(bytes)));
    const jsonLike = fc.stringMatching(/^[{}[\]",:\\0-9.eNu a]*$/);
    fc.assert(fc.property(jsonLike, (text) => void scanMembers(Buffer.from(text))));
  });
});
