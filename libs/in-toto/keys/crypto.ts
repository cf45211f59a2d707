import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

/**
 * The one place where this library meets a cryptographic provider. It verifies and hashes; what a signature means is
 * decided by its callers.
 */
export type VerificationKey = KeyObject;

export function sha256(...parts: Uint8Array[]): Uint8Array {
  return digest('sha256', parts);
}

/** For OpenPGP fingerprints only, which are defined by it (RFC 4880, 12.2). */
export function sha1(...parts: Uint8Array[]): Uint8Array {
  return digest('sha1', parts);
}

function digest(algorithm: string, parts: Uint8Array[]): Uint8Array {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

const ED25519_SPKI_HEADER = Buffer.from('302a300506032b6570032100', 'hex');

/** Any 32 bytes make a key here, even points that sign everything; see screen-key.ts. */
export function ed25519Key(publicKey: Uint8Array): VerificationKey | undefined {
  if (publicKey.length !== 32) return undefined;
  return cachedKey(`ed25519:${Buffer.from(publicKey).toString('base64')}`, () =>
    createPublicKey({ key: Buffer.concat([ED25519_SPKI_HEADER, publicKey]), format: 'der', type: 'spki' }),
  );
}

export function verifyEd25519(key: VerificationKey, message: Uint8Array, signature: Uint8Array): boolean {
  return key.asymmetricKeyType === 'ed25519' && verify(null, message, key, signature);
}

/** Loading a key costs more than verifying with it, and few keys sign most links. Least recently used first. */
const keys = new Map<string, VerificationKey>();
const MOST_KEYS = 1024;

function cachedKey(name: string, load: () => VerificationKey): VerificationKey {
  const key = keys.get(name) ?? load();
  keys.delete(name);
  keys.set(name, key);
  if (keys.size > MOST_KEYS) {
    const [oldest] = keys.keys();
    if (oldest !== undefined) keys.delete(oldest);
  }
  return key;
}
