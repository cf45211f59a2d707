import type { Metadata } from '#in-toto/index.js';
import { anchorKeys } from '#persistence/subjects/anchor-keys.js';

/** Does the link have a product that is the subject, or a file that holds its digest as text? */
export function proves(metadata: Metadata, subject: Buffer): boolean {
  const { payload } = metadata;
  if (payload.type !== 'link') {
    return false;
  }
  const keys = new Set(anchorKeys(subject).map((key) => key.toString('hex')));
  for (const path in payload.products) {
    const hex = payload.products[path]?.sha256;
    if (hex !== undefined && keys.has(hex.toLowerCase())) {
      return true;
    }
  }
  return false;
}
