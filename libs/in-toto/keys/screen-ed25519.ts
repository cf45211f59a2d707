import { Point } from '@noble/ed25519';

export type Ed25519Weakness = 'SMALL_ORDER' | 'NOT_CANONICAL' | 'MIXED_ORDER' | 'NO_POINT';

/**
 * What is wrong with 32 bytes as an Ed25519 public key. OpenSSL does not ask: under a point of small order it accepts
 * signatures that nobody made, over any message.
 */
export function ed25519Weakness(publicKey: Uint8Array): Ed25519Weakness | undefined {
  const point = decode(publicKey, { canonical: false });
  if (!point) return 'NO_POINT';
  if (point.isSmallOrder()) return 'SMALL_ORDER';
  if (!decode(publicKey, { canonical: true })) return 'NOT_CANONICAL';
  return point.isTorsionFree() ? undefined : 'MIXED_ORDER';
}

/** RFC 8032, 5.1.3. The lenient form (ZIP 215) also takes numbers beyond the field, as some implementations do. */
function decode(bytes: Uint8Array, { canonical }: { canonical: boolean }): Point | undefined {
  try {
    return Point.fromBytes(bytes, !canonical);
  } catch {
    return undefined;
  }
}
