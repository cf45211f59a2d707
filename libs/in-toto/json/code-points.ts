import type { JsonObject } from './value.js';

const ABOVE_SURROGATES = /[\ud800-\uffff]/;

/** Own member names by code point. JavaScript compares UTF-16 units, which differs above the surrogates. */
export function sortedNames(object: JsonObject): string[] {
  const names = Object.keys(object);
  if (names.length < 2) return names;
  if (!isSorted(names)) names.sort();
  if (names.some((name) => ABOVE_SURROGATES.test(name))) names.sort(compareCodePoints);
  return names;
}

function isSorted(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i++) {
    if ((names[i - 1] as string) > (names[i] as string)) return false;
  }
  return true;
}

/** Python's string order. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for characters above U+FFFF, so they sort after U+E000 to U+FFFF. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
