import { readEnvelope } from '../dsse/envelope.js';
import { InTotoError } from '../errors.js';
import { parseScannedJson } from '../json/parse-json.js';
import { isObject } from '../json/value.js';
import type { KeySignature } from '../keys/verify-signature.js';
import type { Limits } from '../limits.js';
import type { Layout } from './layout.js';
import type { Link } from './link.js';
import { readMetablock } from './metablock.js';

/** One entry of `signatures`. Entries whose key id is no string can match no key and are left out. */
export type Signature = KeySignature;

/** A link or layout with the signatures over it, in either of the two containers that in-toto uses. */
export interface Metadata {
  readonly container: 'metablock' | 'dsse';
  readonly signatures: readonly Signature[];
  /**
   * The link or layout. A DSSE payload is read when first asked for, as the reference does it after the signatures are
   * checked: the getter throws InTotoError when it is no link or layout.
   */
  readonly payload: Link | Layout;
  /**
   * What the signatures cover: the canonical form of the known members (Metablock, in-toto 1.0 §4.2), or the
   * pre-authentication encoding of the raw payload (DSSE 1.0). May be computed anew each time.
   */
  readonly signedBytes: Uint8Array;
}

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
