import { InTotoError } from '../errors.js';
import { parseScannedJson } from '../json/parse-json.js';
import { isArray, isObject, isString, type JsonObject, type JsonValue, member } from '../json/value.js';
import type { Limits } from '../limits.js';
import type { Layout } from '../metadata/layout.js';
import type { Link } from '../metadata/link.js';
import type { Metadata, Signature } from '../metadata/metadata.js';
import { readPayload } from '../metadata/payload.js';
import { statementAsLink } from '../metadata/statement.js';
import { decodeBase64, readBase64 } from './base64.js';
import { preAuthenticationEncoding } from './pae.js';

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** DSSE 1.0: `{"payload", "payloadType", "signatures": [{"keyid", "sig"}]}`. Signatures cover the payload's raw bytes. */
export function readEnvelope(data: JsonObject, limits?: Partial<Limits>, statements = false): Metadata {
  if (member(data, 'payloadType') !== PAYLOAD_TYPE) throw invalid(`"payloadType" is ${PAYLOAD_TYPE}`);
  const base64 = readBase64(stringMember(data, 'payload'));
  const { message, payload } = preAuthenticationEncoding(PAYLOAD_TYPE, base64);
  const signatures = listMember(data, 'signatures').flatMap(readSignature);
  let parsed: Link | Layout | undefined;
  return {
    container: 'dsse',
    signatures,
    get payload() {
      parsed ??= parsePayload(payload, statements, limits);
      return parsed;
    },
    signedBytes: message,
  };
}

function parsePayload(payload: Uint8Array, statements: boolean, limits?: Partial<Limits>): Link | Layout {
  const { value, hasCanonicalForm } = parseScannedJson(payload, limits);
  const link = statements ? statementAsLink(value) : undefined;
  return link ?? readPayload(value, hasCanonicalForm);
}

function readSignature(entry: JsonValue): Signature[] {
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
