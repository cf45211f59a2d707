/** As much DER (X.690) as it takes to hand numbers to a provider that reads keys only in their standard form. */

export function derSequence(...elements: Uint8Array[]): Uint8Array {
  return tagged(0x30, concat(elements));
}

/** A non-negative number, given as big-endian bytes. */
export function derInteger(magnitude: Uint8Array): Uint8Array {
  const first = magnitude.findIndex((byte) => byte !== 0);
  const shortest = first < 0 ? Uint8Array.of(0) : magnitude.subarray(first);
  const negative = (shortest[0] ?? 0) >= 0x80;
  return tagged(0x02, negative ? concat([Uint8Array.of(0), shortest]) : shortest);
}

export function derBitString(bytes: Uint8Array): Uint8Array {
  return tagged(0x03, concat([Uint8Array.of(0), bytes]));
}

export function derObjectIdentifier(encoded: Uint8Array): Uint8Array {
  return tagged(0x06, encoded);
}

/** Whether the bytes are one DER value with nothing after it, which some providers would silently accept. */
export function isOneDerValue(bytes: Uint8Array): boolean {
  const first = bytes[1] ?? 0xff;
  if (first < 0x80) return bytes.length === 2 + first;
  const lengthBytes = bytes.subarray(2, 2 + (first & 0x7f));
  const announced = lengthBytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return bytes.length === 2 + lengthBytes.length + announced;
}

function tagged(tag: number, content: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(tag), length(content.length), content]);
}

function length(count: number): Uint8Array {
  if (count < 0x80) return Uint8Array.of(count);
  const bytes: number[] = [];
  for (let rest = count; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
