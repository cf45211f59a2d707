import { InTotoError } from '../errors.js';
import { parseJson } from '../json/parse-json.js';
import { isArray, isObject, isString, type JsonObject, type JsonValue, member } from '../json/value.js';
import type { RawSignature } from '../keys/verify-signature.js';
import type { Limits } from '../limits.js';
import { decodeBase64, readBase64 } from './base64.js';
import { preAuthenticationEncoding } from './pae.js';

/** What a DSSE envelope holds. Whether a signature is valid is not said. */
export interface Envelope {
  readonly payload: Uint8Array;
  /** What the signatures cover: the pre-authentication encoding, which ends with the payload. */
  readonly message: Uint8Array;
  readonly signatures: readonly RawSignature[];
}

/**
 * Reads a DSSE envelope around a payload of that type, which may be something else than in-toto metadata. Throws
 * InTotoError: JSON_INVALID, JSON_TOO_DEEP, JSON_TOO_LARGE, METADATA_INVALID, SIGNATURE_MALFORMED.
 */
export function parseEnvelope(bytes: Uint8Array, payloadType: string, limits?: Partial<Limits>): Envelope {
  const data = parseJson(bytes, limits);
  if (!isObject(data)) throw invalid('an envelope is an object');
  return openEnvelope(data, payloadType);
}

/** DSSE 1.0: `{"payload", "payloadType", "signatures": [{"keyid", "sig"}]}`. Signatures cover the payload's raw bytes. */
export function openEnvelope(data: JsonObject, payloadType: string): Envelope {
  if (member(data, 'payloadType') !== payloadType) throw invalid(`"payloadType" is ${payloadType}`);
  const base64 = readBase64(stringMember(data, 'payload'));
  const { message, payload } = preAuthenticationEncoding(payloadType, base64);
  return { payload, message, signatures: listMember(data, 'signatures').flatMap(readSignature) };
}

function readSignature(entry: JsonValue): RawSignature[] {
  if (!isObject(entry)) throw new InTotoError('SIGNATURE_MALFORMED', 'a signature is an object');
  const sig = decodeBase64(stringMember(entry, 'sig'));
  const keyid = member(entry, 'keyid');
  if (keyid === undefined) throw new InTotoError('SIGNATURE_MALFORMED', 'a signature names its key');
  return isString(keyid) ? [{ form: 'raw', keyid, sig }] : [];
}

/** The reference only iterates over the signatures, so that "" and {} count as none. */
function listMember(data: JsonObject, name: string): readonly JsonValue[] {
  const value = member(data, name);
  if (value === '' || (isObject(value) && Object.keys(value).length === 0)) return [];
  if (!isArray(value)) throw invalid(`"${name}" is a list`);
  return value;
}

function stringMember(data: JsonObject, name: string): string {
  const value = member(data, name);
  if (!isString(value)) throw invalid(`"${name}" is a string`);
  return value;
}

function invalid(message: string): InTotoError {
  return new InTotoError('METADATA_INVALID', message);
}
