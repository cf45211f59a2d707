import { InTotoError } from '../errors.js';

const OUTSIDE_ALPHABETS = /[^A-Za-z0-9+/_-]/;

/**
 * Standard or URL-safe base64, padded, without whitespace. Bits that the padding leaves over are ignored, as Python does.
 * Throws METADATA_INVALID.
 */
export function decodeBase64(text: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.slice(0, text.length - padding);
  if (text.length % 4 !== 0 || OUTSIDE_ALPHABETS.test(digits))
    throw new InTotoError('METADATA_INVALID', 'not base64');
  return Buffer.from(digits, 'base64');
}
