export interface PemBlock {
  readonly label: string;
  readonly der: Uint8Array;
}

/**
 * The first block of a PEM text (RFC 7468). Text around it, CRLF and any line length are fine, as they are in the
 * reference; a block that does not end under its own label, or holds anything but base64, is none.
 */
export function readPem(text: string): PemBlock | undefined {
  if (/\p{Surrogate}/u.test(text)) return undefined; // no UTF-8, so no file could hold it
  const begin = between(text, '-----BEGIN ', '-----', 0);
  if (!begin) return undefined;
  const body = between(text, '-----', `-----END ${begin.inner}-----`, begin.end - 5);
  if (!body) return undefined;
  const der = bytesFromBase64(body.inner.replace(/[ \t\r\n]/g, ''));
  return der && { label: begin.inner, der };
}

function between(text: string, before: string, after: string, from: number) {
  const start = text.indexOf(before, from);
  if (start < 0) return undefined;
  const end = text.indexOf(after, start + before.length);
  return end < 0 ? undefined : { inner: text.slice(start + before.length, end), end: end + after.length };
}

function bytesFromBase64(text: string): Uint8Array | undefined {
  const complete = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return complete ? new Uint8Array(Buffer.from(text, 'base64')) : undefined;
}
