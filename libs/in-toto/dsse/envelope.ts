import { parseScannedJson } from '../json/parse-json.js';
import type { JsonObject } from '../json/value.js';
import type { Limits } from '../limits.js';
import type { Layout } from '../metadata/layout.js';
import type { Link } from '../metadata/link.js';
import type { Metadata } from '../metadata/metadata.js';
import { readPayload } from '../metadata/payload.js';
import { statementAsLink } from '../metadata/statement.js';
import { openEnvelope } from './open-envelope.js';

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** A link or layout in a DSSE envelope. */
export function readEnvelope(data: JsonObject, limits?: Partial<Limits>, statements = false): Metadata {
  const { payload, message, signatures } = openEnvelope(data, PAYLOAD_TYPE);
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
