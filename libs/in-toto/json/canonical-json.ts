import { InTotoError } from '../errors.js';
import { ByteWriter } from './byte-writer.js';
import { CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './bytes.js';
import { sortedNames } from './code-points.js';
import { isArray, type JsonObject, type JsonValue } from './value.js';

/**
 * Canonical JSON in the dialect that in-toto signs (OLPC): members sorted by code point, no whitespace, integers only,
 * and in strings nothing is escaped but `"` and `\`, so that the result need not be JSON.
 *
 * Throws InTotoError: JSON_FLOAT for a number that is not an integer, JSON_INVALID for a lone surrogate.
 */
export function canonicalJson(value: JsonValue): Uint8Array {
  const writer = new ByteWriter();
  writeValue(value, writer);
  return writer.bytes();
}

/** The same as text, for messages and comparisons. */
export function canonicalText(value: JsonValue): string {
  return Buffer.from(canonicalJson(value)).toString('utf8');
}

function writeValue(value: JsonValue, writer: ByteWriter): void {
  if (typeof value === 'string') writeString(value, writer);
  else if (typeof value === 'number') {
    if (!Number.isInteger(value)) throw new InTotoError('JSON_FLOAT', 'canonical JSON has no floats');
    writer.ascii(String(value));
  } else if (typeof value !== 'object' || value === null) writer.ascii(String(value));
  else if (isArray(value)) writeArray(value, writer);
  else writeObject(value as JsonObject, writer);
}

function writeString(value: string, writer: ByteWriter): void {
  writer.byte(QUOTE);
  writer.escaped(value);
  writer.byte(QUOTE);
}

function writeArray(array: readonly JsonValue[], writer: ByteWriter): void {
  writer.byte(OPEN_BRACKET);
  for (let i = 0; i < array.length; i++) {
    if (i > 0) writer.byte(COMMA);
    writeValue(array[i] as JsonValue, writer);
  }
  writer.byte(CLOSE_BRACKET);
}

function writeObject(object: JsonObject, writer: ByteWriter): void {
  writer.byte(OPEN_BRACE);
  let first = true;
  for (const name of sortedNames(object)) {
    if (!first) writer.byte(COMMA);
    first = false;
    writeString(name, writer);
    writer.byte(COLON);
    writeValue(object[name] as JsonValue, writer);
  }
  writer.byte(CLOSE_BRACE);
}
