import { canonicalText, encodeCanonical } from '../json/canonical-json.js';
import type { JsonScan } from '../json/scan-json.js';
import { isObject, type JsonValue, member } from '../json/value.js';
import { invalid } from './fields.js';
import { type Layout, layoutAsJson, readLayout } from './layout.js';
import { type Link, linkAsJson, readLink } from './link.js';

/** Reads a link or a layout from the object that is signed. `_type` is case-sensitive. */
export function readPayload(data: JsonValue, scan: JsonScan): Link | Layout {
  if (!isObject(data)) throw invalid('the signed object is no object');
  const payload = readByType(data);
  if (!scan.plainNumbers || scan.escapes) canonicalPayload(payload);
  return payload;
}

/**
 * The canonical form of the known members. It exists only without floats and lone surrogates; the reference computes it
 * when it loads any link or layout, DSSE included, and so refuses the others. `readPayload` does too, where the text gives cause.
 */
export function canonicalPayload(payload: Link | Layout): Uint8Array {
  return encodeCanonical(
    canonicalText(payload.type === 'link' ? linkAsJson(payload) : layoutAsJson(payload)),
  );
}

function readByType(data: JsonValue): Link | Layout {
  const type = isObject(data) ? member(data, '_type') : undefined;
  if (isObject(data) && type === 'link') return readLink(data);
  if (isObject(data) && type === 'layout') return readLayout(data);
  throw invalid('"_type" is neither "link" nor "layout"');
}
