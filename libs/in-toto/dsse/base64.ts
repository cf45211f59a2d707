import { InTotoError } from '../errors.js';

const OUTSIDE_ALPHABETS = /[^A-Za-z0-9+/_-]/;

/** Base64 that has been checked. */
export interface Base64 {
  /** Without padding. */
  readonly digits: string;
  /** Bytes that it stands for. */
  readonly byteLength: number;
}

/**
 * Standard or URL-safe base64, padded, without whitespace. As in the reference (Python 3.11), bits that the padding leaves
 * over are ignored, and so is padding after a text that needs none.
 * Throws METADATA_INVALID.
 */
export function readBase64(text: string): Base64 {
  const paddingStart = text.indexOf('=');
  const digits = paddingStart < 0 ? text : text.slice(0, paddingStart);
  const padding = text.slice(digits.length);
  if (OUTSIDE_ALPHABETS.test(digits) || /[^=]/.test(padding) || !isPadded(digits.length, padding.length)) {
    throw new InTotoError('METADATA_INVALID', 'not base64');
  }
  return { digits, byteLength: Math.floor((digits.length * 3) / 4) };
}

export function decodeBase64(text: string): Uint8Array {
  return Buffer.from(readBase64(text).digits, 'base64');
}

function isPadded(digits: number, padding: number): boolean {
  const needed = [0, undefined, 2, 1][digits % 4];
  return padding === needed || (needed === 0 && digits > 0);
}
