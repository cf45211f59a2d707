import { InTotoError } from '../errors.js';
import type { ParsedJson } from '../json/parse-json.js';
import { isArray, isObject, isString, type JsonObject, type JsonValue, member } from '../json/value.js';
import { memberOr } from './fields.js';
import type { Metadata, Signature } from './metadata.js';
import { canonicalPayload, isComplete, readPayload } from './payload.js';

/** in-toto 1.0 §4.2: `{"signed": …, "signatures": […]}`. Signatures cover the canonical form, not the stored bytes. */
export function readMetablock(data: JsonObject, { hasCanonicalForm, canonicalMember }: ParsedJson): Metadata {
  const signed = member(data, 'signed') ?? null;
  const payload = readPayload(signed, hasCanonicalForm || canonicalMember !== undefined);
  const canonical = isComplete(payload, signed) ? canonicalMember : undefined;
  const signatures = memberOr(data, 'signatures', []);
  if (!isArray(signatures)) throw malformed('"signatures" is a list');
  return {
    container: 'metablock',
    signatures: signatures.flatMap(readSignature),
    payload,
    get signedBytes() {
      return canonical ?? canonicalPayload(payload);
    },
  };
}

/** One entry that is no signature at all refuses the file; one with a nonsensical value does not. */
function readSignature(entry: JsonValue): Signature[] {
  if (!isObject(entry)) throw malformed('a signature is an object');
  const [keyid, sig, signature, otherHeaders] = ['keyid', 'sig', 'signature', 'other_headers'].map((name) =>
    member(entry, name),
  );
  if (keyid === undefined) throw malformed('a signature names its key');
  if (signature !== undefined && otherHeaders !== undefined) {
    return isString(keyid) ? [{ form: 'gpg', keyid, signature, otherHeaders }] : [];
  }
  if (sig === undefined) throw malformed('a signature has "sig", or "signature" and "other_headers"');
  return isString(keyid) ? [{ form: 'raw', keyid, sig }] : [];
}

function malformed(message: string): InTotoError {
  return new InTotoError('SIGNATURE_MALFORMED', message);
}
