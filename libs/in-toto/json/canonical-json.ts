import { InTotoError } from '../errors.js';
import { isArray, type JsonObject, type JsonValue } from './value.js';

const LONE_SURROGATE = /\p{Surrogate}/u;
const ABOVE_SURROGATES = /[\ud800-\uffff]/;

/**
 * Canonical JSON in the dialect that in-toto signs (OLPC): members sorted by code point, no whitespace, integers only,
 * and in strings nothing is escaped but `"` and `\`, so that the result need not be JSON.
 *
 * Throws InTotoError: JSON_FLOAT for a number that is not an integer, JSON_INVALID for a lone surrogate.
 */
export function canonicalJson(value: JsonValue): Uint8Array {
  return encodeCanonical(canonicalText(value));
}

export function encodeCanonical(text: string): Uint8Array {
  if (LONE_SURROGATE.test(text)) throw new InTotoError('JSON_INVALID', 'a lone surrogate has no UTF-8 form');
  return Buffer.from(text, 'utf8');
}

export function canonicalText(value: JsonValue): string {
  if (typeof value === 'string') return canonicalString(value);
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) throw new InTotoError('JSON_FLOAT', 'canonical JSON has no floats');
    return String(value);
  }
  if (typeof value !== 'object' || value === null) return String(value);
  return isArray(value) ? canonicalArray(value) : canonicalObject(value as JsonObject);
}

export function canonicalString(value: string): string {
  if (!value.includes('"') && !value.includes('\\')) return `"${value}"`;
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function canonicalArray(array: readonly JsonValue[]): string {
  let text = '[';
  let separator = '';
  for (const item of array) {
    text += separator + canonicalText(item);
    separator = ',';
  }
  return `${text}]`;
}

function canonicalObject(object: JsonObject): string {
  let text = '{';
  let separator = '';
  for (const name of sortedNames(object)) {
    text += `${separator}${canonicalString(name)}:${canonicalText(object[name] as JsonValue)}`;
    separator = ',';
  }
  return `${text}}`;
}

/** Own member names by code point. JavaScript compares UTF-16 units, which differs above the surrogates. */
export function sortedNames(object: JsonObject): string[] {
  const names = Object.keys(object);
  if (!isSorted(names)) names.sort();
  if (names.length > 1 && names.some((name) => ABOVE_SURROGATES.test(name))) names.sort(compareCodePoints);
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
