import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { canonicalJson, InTotoError, parseJson } from '#in-toto/index.js';
import { compileGlob } from '#in-toto/rules/glob.js';
import { workOf } from '#in-toto/rules/work.js';

interface CanonicalVector {
  readonly name: string;
  readonly json: string;
  readonly canonical_hex?: string;
  readonly error?: { readonly stage: 'parse' | 'canonical' | 'utf8' };
}

describe('canonical JSON', () => {
  const { vectors } = read<{ vectors: CanonicalVector[] }>('canonical-json.json.gz');

  it.each(vectors.map((vector) => [vector.name, vector] as const))(
    '%s',
    (_, { json, canonical_hex, error }) => {
      const parse = () => parseJson(Buffer.from(json, 'utf8'));
      if (error === undefined) {
        expect(Buffer.from(canonicalJson(parse())).toString('hex')).toBe(canonical_hex);
      } else if (error.stage === 'parse') {
        expect(parse).toThrow(InTotoError);
      } else {
        const value = parse();
        expect(() => canonicalJson(value)).toThrow(InTotoError);
      }
    },
  );
});

describe('globs as Python fnmatch', () => {
  const { names, patterns } = read<{ names: string[]; patterns: { pattern: string; matches: string[] }[] }>(
    'glob.json.gz',
  );

  it.each(patterns.map(({ pattern, matches }) => [pattern, matches] as const))('%j', (pattern, matches) => {
    const glob = compileGlob(pattern);
    const work = workOf(1e6);
    expect(names.filter((name) => glob(name, work)).sort()).toEqual([...matches].sort());
  });
});

function read<T>(file: string): T {
  const path = new URL(`../vectors/${file}`, import.meta.url).pathname;
  return JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as T;
}
