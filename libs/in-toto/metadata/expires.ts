import { isString, type JsonValue } from '../json/value.js';
import { invalid } from './fields.js';

const TIMESTAMP = /^\p{Nd}{4}-\p{Nd}{2}-\p{Nd}{2}T\p{Nd}{2}:\p{Nd}{2}:\p{Nd}{2}Z$/u;
const ASCII_TIMESTAMP = /^[0-9TZ:-]+$/;

/**
 * When a layout ends: a time, `absent` (the reference then puts in "one month from now"), or `unreadable` (digits of
 * another script load in the reference and fail when the expiry is checked).
 */
export type Expires = Date | 'absent' | 'unreadable';

/** Reference: Layout._validate_expires. Exactly YYYY-MM-DDTHH:MM:SSZ and a real date. */
export function readExpires(value: JsonValue | undefined): Expires {
  if (isFalsy(value)) return 'absent';
  if (!isString(value) || !TIMESTAMP.test(value)) throw invalid('"expires" is a time YYYY-MM-DDTHH:MM:SSZ');
  if (!ASCII_TIMESTAMP.test(value)) return 'unreadable';
  const date = new Date(value);
  // Python's calendar begins with the year 1.
  if (
    value.startsWith('0000') ||
    Number.isNaN(date.getTime()) ||
    date.toISOString().replace('.000Z', 'Z') !== value
  ) {
    throw invalid(`"expires" is no date of the calendar: ${value}`);
  }
  return date;
}

/** False in Python: null, "", 0, false, [] and {}. */
function isFalsy(value: JsonValue | undefined): boolean {
  if (typeof value !== 'object' || value === null) return !value && !Number.isNaN(value);
  return Object.keys(value).length === 0;
}
