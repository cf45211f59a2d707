import { canonicalJson } from '../json/canonical-json.js';
import { isObject, type JsonValue, member } from '../json/value.js';
import { invalid } from './fields.js';
import { isCompleteLayout, type Layout, layoutAsJson, readLayout } from './layout.js';
import { isCompleteLink, type Link, linkAsJson, readLink } from './link.js';

/**
 * Reads a link or a layout from the object that is signed. `_type` is case-sensitive. One without a canonical form is
 * refused, DSSE included, as the reference computes it for any that it loads; `hasCanonicalForm` spares the attempt.
 */
export function readPayload(data: JsonValue, hasCanonicalForm: boolean): Link | Layout {
  const payload = readByType(data);
  if (!hasCanonicalForm) canonicalPayload(payload);
  return payload;
}

/** The canonical form of the known members. Throws JSON_FLOAT, and JSON_INVALID for a lone surrogate. */
export function canonicalPayload(payload: Link | Layout): Uint8Array {
  return canonicalJson(payload.type === 'link' ? linkAsJson(payload) : layoutAsJson(payload));
}

/** Whether what was read has all known members and no others, so that its canonical form is that of `data`. */
export function isComplete(payload: Link | Layout, data: JsonValue): boolean {
  return payload.type === 'layout' ? isCompleteLayout(payload) : isObject(data) && isCompleteLink(data);
}

function readByType(data: JsonValue): Link | Layout {
  const type = isObject(data) ? member(data, '_type') : undefined;
  if (isObject(data) && type === 'link') return readLink(data);
  if (isObject(data) && type === 'layout') return readLayout(data);
  throw invalid('"_type" is neither "link" nor "layout"');
}
