import { type CharacterClass, classHas, readClass } from './glob-class.js';
import type { Work } from './work.js';

/**
 * Python's fnmatch on POSIX, which the reference uses for artifact paths: `*` any run of characters, `/` and newlines
 * included, `?` one code point, `[seq]` and `[!seq]`; case-sensitive, whole string, no escapes, no braces, no dotfile rule.
 *
 * No regular expression is built: patterns come from strangers. Common forms are string operations; the rest is matched
 * segment by segment between the stars, in at most pattern times path steps, which are counted.
 */
export type Glob = (path: string, work: Work) => boolean;

const SPECIAL = /[*?[]/;

export function compileGlob(pattern: string): Glob {
  if (!SPECIAL.test(pattern)) return (path) => path === pattern;
  if (/[?[]/.test(pattern)) return segmentGlob(readSegments(pattern));
  const parts = pattern.split('*');
  const prefix = parts[0] ?? '';
  const suffix = parts.at(-1) ?? '';
  const inner = parts.slice(1, -1).filter((part) => part !== '');
  return (path, work) => literalMatch(path, prefix, inner, suffix, work);
}

/** Only stars and literal text: leftmost occurrences suffice. */
function literalMatch(
  path: string,
  prefix: string,
  inner: readonly string[],
  suffix: string,
  work: Work,
): boolean {
  if (path.length < prefix.length + suffix.length) return false;
  if (prefix !== '' && !path.startsWith(prefix)) return false;
  if (suffix !== '' && !path.endsWith(suffix)) return false;
  if (inner.length === 0) return true;
  const end = path.length - suffix.length;
  let at = prefix.length;
  for (const part of inner) {
    const found = path.indexOf(part, at);
    work.spend(found < 0 ? path.length - at : found - at + part.length);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** A code point, any code point (`?`), or one of a class. */
type Token = number | 'any' | CharacterClass;
type Segment = readonly Token[];

/** The pattern cut at its stars: the first segment is anchored at the start, the last at the end. */
function readSegments(pattern: string): Segment[] {
  const characters = Array.from(pattern);
  const segments: Token[][] = [[]];
  // A `[` that is not closed stands for itself, and so does every later one.
  let canBeClosed = true;
  for (let i = 0; i < characters.length; ) {
    const character = characters[i] as string;
    const found: ReturnType<typeof readClass> =
      character === '[' && canBeClosed ? readClass(characters, i + 1) : undefined;
    canBeClosed &&= character !== '[' || found !== undefined;
    if (character === '*') segments.push([]);
    else segments.at(-1)?.push(found?.class ?? (character === '?' ? 'any' : codePoint(character)));
    i = found?.next ?? i + 1;
  }
  return segments;
}

function segmentGlob(segments: readonly Segment[]): Glob {
  const [first = [], ...rest] = segments;
  const last = rest.pop();
  return (path, work) => {
    const text = SURROGATE.test(path) ? Array.from(path, codePoint) : path;
    if (last === undefined) return text.length === first.length && matchesAt(first, text, 0, work);
    const end = text.length - last.length;
    if (end < first.length || !matchesAt(first, text, 0, work) || !matchesAt(last, text, end, work))
      return false;
    let at = first.length;
    for (const segment of rest) {
      while (at + segment.length <= end && !matchesAt(segment, text, at, work)) at++;
      at += segment.length;
      if (at > end) return false;
    }
    return true;
  };
}

const SURROGATE = /[\ud800-\udfff]/;

/** Code points: of most paths those are the string's own units. */
type Text = string | readonly number[];

function matchesAt(segment: Segment, text: Text, at: number, work: Work): boolean {
  let compared = 1;
  for (let i = 0; i < segment.length; i++) {
    const token = segment[i] as Token;
    const character = typeof text === 'string' ? text.charCodeAt(at + i) : (text[at + i] as number);
    compared += typeof token === 'object' ? token.ranges.length : 1;
    if (!matchesToken(token, character)) {
      work.spend(compared);
      return false;
    }
  }
  work.spend(compared);
  return true;
}

function matchesToken(token: Token, character: number): boolean {
  if (typeof token === 'number') return token === character;
  return token === 'any' || classHas(token, character);
}

function codePoint(character: string): number {
  return character.codePointAt(0) as number;
}
