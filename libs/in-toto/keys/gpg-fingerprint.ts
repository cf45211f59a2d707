import { type JsonObject, member } from '../json/value.js';
import { sha1 } from './crypto.js';
import { concat } from './der.js';
import { bitLength, type GpgKeyType, keyNumber } from './gpg-key.js';
import { hexFromBytes } from './hex.js';

/** Public-key algorithms of RFC 4880, 9.1, and EdDSA as GnuPG numbers it, with the numbers of a key packet in order. */
const PACKETS = {
  rsa: { algorithm: 1, numbers: ['n', 'e'] },
  dsa: { algorithm: 17, numbers: ['p', 'q', 'g', 'y'] },
  eddsa: { algorithm: 22, numbers: ['q'] },
} as const;

const ED25519_OID = Uint8Array.of(9, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01);

/** The fingerprint of a version 4 key (RFC 4880, 12.2), which is its id in in-toto; undefined without a creation time. */
export function gpgFingerprint(key: JsonObject, type: GpgKeyType): string | undefined {
  const created = member(key, 'creation_time');
  const numbers = PACKETS[type].numbers.map((name) => keyNumber(key, name) ?? new Uint8Array());
  if (typeof created !== 'number') return undefined;
  const body = concat([
    Uint8Array.of(4, ...bigEndian(created, 4), PACKETS[type].algorithm),
    ...(type === 'eddsa'
      ? [ED25519_OID, multiprecision(concat([Uint8Array.of(0x40), ...numbers]))]
      : numbers.map(multiprecision)),
  ]);
  return hexFromBytes(sha1(Uint8Array.of(0x99, ...bigEndian(body.length, 2)), body));
}

/** RFC 4880, 3.2: the length in bits, then the number without leading zeros. */
function multiprecision(magnitude: Uint8Array): Uint8Array {
  const bits = bitLength(magnitude);
  return concat([bigEndian(bits, 2), magnitude.subarray(magnitude.length - Math.ceil(bits / 8))]);
}

function bigEndian(value: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** (bytes - 1 - i)) % 256);
}
