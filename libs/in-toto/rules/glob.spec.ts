import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob } from './glob.js';
import { WorkExceeded, workOf } from './work.js';

const matches = (pattern: string, path: string) => compileGlob(pattern)(path, workOf(1e7));

/** The definition, without any thought of cost. Classes are only `[abc]` and `[!abc]` here. */
function oracle(pattern: readonly string[], path: readonly string[]): boolean {
  const [token, ...others] = pattern;
  const [character, ...rest] = path;
  if (token === undefined) return path.length === 0;
  if (token === '*') return oracle(others, path) || (character !== undefined && oracle(pattern, rest));
  if (character === undefined) return false;
  return fits(token, character) && oracle(others, rest);
}

function fits(token: string, character: string): boolean {
  if (token === '?') return true;
  if (token.length < 3 || !token.startsWith('[')) return token === character;
  const negated = token.startsWith('[!');
  return token.slice(negated ? 2 : 1, -1).includes(character) !== negated;
}

const letter = fc.constantFrom('a', 'b', '/', '\u{1F600}', '\n', '.');
const token = fc.oneof(letter, fc.constantFrom('*', '*', '?', '[ab]', '[!a]', '[!/.]', '[b\u{1F600}]'));

describe('globs', () => {
  it('match what their definition says', () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 8 }), fc.array(letter, { maxLength: 9 }), (pattern, path) => {
        expect(matches(pattern.join(''), path.join(''))).toBe(oracle(pattern, path));
      }),
      { numRuns: 3000 },
    );
  });

  it('match themselves when nothing in them is special', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (path) => {
        fc.pre(!/[*?[]/.test(path));
        expect(matches(path, path)).toBe(true);
        expect(matches(`${path}*`, path)).toBe(true);
        expect(matches(`${path}?`, path)).toBe(false);
      }),
    );
  });

  it('never throw, whatever the pattern', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('[', ']', '!', '-', '*', '?', 'a', 'z', '\\', '^') }),
        fc.string(),
        (pattern, path) => {
          expect(typeof matches(pattern, path)).toBe('boolean');
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('cross slashes and newlines, know no escapes, and respect case', () => {
    expect(matches('src/*.c', 'src/a/b.c')).toBe(true);
    expect(matches('a*b', 'a\nb')).toBe(true);
    expect(matches('\\*', '*')).toBe(false);
    expect(matches('A', 'a')).toBe(false);
  });

  it('treat ranges as Python does', () => {
    expect(matches('[a-c]', 'b')).toBe(true);
    expect(matches('[z-a]', 'm')).toBe(false);
    expect(matches('[!z-a]', 'm')).toBe(true);
    expect(matches('[]a]', ']')).toBe(true);
    expect(matches('[a-]', '-')).toBe(true);
    expect(matches('[^a]', '^')).toBe(true);
    expect(matches('[a', '[a')).toBe(true);
  });

  it('spend work for what they compare', () => {
    const glob = compileGlob('*a?b*');
    expect(() => glob('a'.repeat(1000), workOf(1000))).toThrow(WorkExceeded);
  });
});
