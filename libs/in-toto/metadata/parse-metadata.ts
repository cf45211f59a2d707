import { readEnvelope } from '../dsse/envelope.js';
import { InTotoError } from '../errors.js';
import { parseScannedJson } from '../json/parse-json.js';
import { isObject } from '../json/value.js';
import type { Limits } from '../limits.js';
import { readMetablock } from './metablock.js';
import type { Metadata } from './metadata.js';

/**
 * Reads one metadata file. `payload` decides for DSSE, else `signed` for Metablock; unknown members are ignored.
 * Throws InTotoError: any JSON_ code, METADATA_INVALID, SIGNATURE_MALFORMED, KEY_INVALID.
 */
export function parseMetadata(bytes: Uint8Array, limits?: Partial<Limits>): Metadata {
  return parse(bytes, false, limits);
}

/**
 * As parseMetadata, and a DSSE envelope may also hold an in-toto Statement with the link predicate, which then counts as
 * that link. The reference knows links in this form no more than other Statements, hence the function of its own.
 */
export function parseAttestation(bytes: Uint8Array, limits?: Partial<Limits>): Metadata {
  return parse(bytes, true, limits);
}

function parse(bytes: Uint8Array, statements: boolean, limits?: Partial<Limits>): Metadata {
  const parsed = parseScannedJson(bytes, limits, 'signed');
  const { value } = parsed;
  if (isObject(value) && Object.hasOwn(value, 'payload')) return readEnvelope(value, limits, statements);
  if (isObject(value) && Object.hasOwn(value, 'signed')) return readMetablock(value, parsed);
  throw new InTotoError('METADATA_INVALID', 'neither a Metablock ("signed") nor a DSSE envelope ("payload")');
}
