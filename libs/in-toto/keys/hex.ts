/** The bytes of a hexadecimal text, read as the reference reads signatures and raw keys; undefined if it is not one. */
export function bytesFromHex(text: string): Uint8Array | undefined {
  return bytesFromStrictHex(text) ?? bytesFromStrictHex(withoutSpaceBetweenBytes(text));
}

/** The bytes of a text of hexadecimal digits and nothing else (Python's binascii.unhexlify). */
export function bytesFromStrictHex(digits: string): Uint8Array | undefined {
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) return undefined;
  return new Uint8Array(Buffer.from(digits, 'hex'));
}

export function hexFromBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Python's bytes.fromhex allows ASCII white space between bytes, but not inside one. */
function withoutSpaceBetweenBytes(text: string): string {
  return text.replace(/[ \t\n\r\f\v]*([0-9a-fA-F]{2}|$)[ \t\n\r\f\v]*/gy, '$1');
}
