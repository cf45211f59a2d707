import { type Base64, writeBase64 } from './base64.js';

/**
 * DSSE 1.0 pre-authentication encoding: what an envelope's signatures cover. Lengths are in bytes. The payload is decoded
 * into its place, so that a large one exists once; it is the end of the message. Throws METADATA_INVALID.
 */
export function preAuthenticationEncoding(
  payloadType: string,
  base64: Base64,
): { readonly message: Uint8Array; readonly payload: Uint8Array } {
  const { byteLength } = base64;
  const header = Buffer.from(
    `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${byteLength} `,
    'utf8',
  );
  const message = Buffer.allocUnsafe(header.length + byteLength);
  header.copy(message);
  writeBase64(base64, message, header.length);
  return { message, payload: message.subarray(header.length) };
}
