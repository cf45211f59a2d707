import { InTotoError } from '../errors.js';

/** Base64 with the right padding. Its digits are checked when they are decoded. */
export interface Base64 {
  /** Without padding. */
  readonly digits: string;
  /** Bytes that it stands for. */
  readonly byteLength: number;
}

/** Throws METADATA_INVALID. Padding after a text that needs none is ignored, as in the reference (Python 3.11). */
export function readBase64(text: string): Base64 {
  const paddingStart = text.indexOf('=');
  const digits = paddingStart < 0 ? text : text.slice(0, paddingStart);
  const padding = text.slice(digits.length);
  if (/[^=]/.test(padding) || !isPadded(digits.length, padding.length)) throw notBase64();
  return { digits, byteLength: Math.floor((digits.length * 3) / 4) };
}

/**
 * Standard or URL-safe base64, padded, without whitespace. As in the reference, bits that the padding leaves over are
 * ignored. Throws METADATA_INVALID.
 */
export function decodeBase64(text: string): Uint8Array {
  const base64 = readBase64(text);
  const bytes = Buffer.allocUnsafe(base64.byteLength);
  writeBase64(base64, bytes, 0);
  return bytes;
}

/**
 * Decodes to where there is room. Node leaves out what is no digit, so that fewer bytes tell of it; it may take characters
 * beyond ASCII for others. Throws METADATA_INVALID.
 */
export function writeBase64({ digits, byteLength }: Base64, target: Buffer, start: number): void {
  const isAscii = Buffer.byteLength(digits) === digits.length;
  if (!isAscii || target.write(digits, start, byteLength, 'base64') !== byteLength) throw notBase64();
}

function notBase64(): InTotoError {
  return new InTotoError('METADATA_INVALID', 'not base64');
}

function isPadded(digits: number, padding: number): boolean {
  const needed = [0, undefined, 2, 1][digits % 4];
  return padding === needed || (needed === 0 && digits > 0);
}
