import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pythonJson } from '../../../test/support/python-json.js';
import { parseMetadata } from '../metadata/parse-metadata.js';
import { canonicalJson } from './canonical-json.js';
import { compareCodePoints } from './code-points.js';
import { parseExactly } from './parse-exactly.js';
import { parseJson } from './parse-json.js';
import type { JsonObject, JsonValue } from './value.js';

const text = fc.string({ unit: 'binary', maxLength: 12 });
const { value: json } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, '__proto__', 'a"b\\c'),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }),
    text,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}));
const utf8 = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

describe('canonical JSON', () => {
  it('depends on the value alone, not on how it was written', () => {
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 1, 2), (value, indent) => {
        const canonical = utf8(canonicalJson(value));
        expect(utf8(canonicalJson(parseJson(Buffer.from(pythonJson(value, indent)))))).toBe(canonical);
      }),
    );
  });

  it('is what a Metablock signs, whether it was copied from the file or computed', () => {
    fc.assert(
      fc.property(
        fc.dictionary(text, json),
        fc.constantFrom(undefined, 1),
        fc.boolean(),
        (byproducts, indent, raw) => {
          const signed: JsonObject = {
            _type: 'link',
            name: 's',
            materials: { [`${Object.keys(byproducts)[0] ?? 'x'}`]: { sha256: 'ab', sha512: 'CD' } },
            products: {},
            byproducts,
            command: Object.keys(byproducts),
            environment: {},
          };
          const file = raw
            ? `{"signatures":[],"signed":${rawJson(signed)}}`
            : pythonJson({ signatures: [], signed }, indent);
          expect(utf8(parseMetadata(Buffer.from(file)).signedBytes)).toBe(utf8(canonicalJson(signed)));
        },
      ),
    );
  });

  it('is refused for a Metablock whose members stand twice, unless the last one is meant', () => {
    const file = (products: string) =>
      `{"signed":{"_type":"link","byproducts":{},"command":[],"environment":{},"materials":{},"name":"s","products":${products}},"signatures":[]}`;
    const twice = parseMetadata(Buffer.from(file('{"a":{"sha256":"00"},"a":{"sha256":"11"}}')));
    expect(utf8(twice.signedBytes)).toBe(
      utf8(parseMetadata(Buffer.from(file('{"a":{"sha256":"11"}}'))).signedBytes),
    );
  });

  it('takes the last of two signed members', () => {
    const link = (name: string) =>
      `{"_type":"link","byproducts":{},"command":[],"environment":{},"materials":{},"name":"${name}","products":{}}`;
    const twice = parseMetadata(Buffer.from(`{"signed":${link('first')},"signed":${link('last')}}`));
    expect(utf8(twice.signedBytes)).toContain('"name":"last"');
    expect(twice.payload).toMatchObject({ name: 'last' });
  });

  it('orders names by code point', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [x, y] = [a, b].map((name) => Buffer.from(name, 'utf8')) as [Buffer, Buffer];
        expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(x, y));
      }),
    );
  });
});

describe('the exact parser', () => {
  it('agrees with the native one on what that reads faithfully', () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false }), (document) => {
        const native = JSON.parse(document, (_, value) =>
          typeof value === 'number' && !Number.isSafeInteger(value) ? 0 : value,
        );
        const exact = JSON.stringify(parseExactly(document, 4300), (_, value) =>
          typeof value === 'number' || typeof value === 'bigint' ? normal(value) : value,
        );
        expect(exact).toBe(
          JSON.stringify(native, (_, value) => (typeof value === 'number' ? normal(value) : value)),
        );
      }),
    );
  });

  it('refuses what the native one refuses, and nothing else but floats in disguise', () => {
    fc.assert(
      fc.property(fc.string(), (document) => {
        const isNative = succeeds(() => JSON.parse(document));
        const isExact = succeeds(() => parseExactly(document, 4300));
        expect(isExact || /NaN|Infinity/.test(document)).toBe(isNative || /NaN|Infinity/.test(document));
      }),
    );
  });

  it('keeps integers and tells floats from them', () => {
    expect(parseExactly('[9007199254740993,1.0,1e2,0.5,-0]', 4300)).toEqual([
      9007199254740993n,
      Number.NaN,
      Number.NaN,
      0.5,
      -0,
    ]);
  });
});

/** Numbers are compared elsewhere; here only where they stand. */
function normal(_: number | bigint): number {
  return 0;
}

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

/** Not escaped, not sorted. */
function rawJson(value: JsonValue): string {
  return JSON.stringify(value, (_, inner) =>
    typeof inner === 'bigint' ? `\u0000${inner}\u0000` : inner,
  ).replace(/"\\u0000(-?\d+)\\u0000"/g, '$1');
}
