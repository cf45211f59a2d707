import { constants, createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { parseMetadata } from '#in-toto/index.js';
import type { JsonObject } from '#in-toto/json/value.js';
import type { BenchChain } from './verify-chains.js';

/**
 * What no verifier can do without: hashing every file, parsing it (of an envelope also the payload) and checking one
 * signature over the signed bytes, which are given. Everything is prepared outside of the returned function.
 */
export function floorOf(chain: BenchChain): () => void {
  const key = keyObject(chain.key.publicKey);
  const files = [chain.layout, ...chain.links.values()].map((bytes) => {
    const metadata = parseMetadata(bytes);
    const sig = metadata.signatures[0]?.form === 'raw' ? metadata.signatures[0].sig : '';
    const signature = sig instanceof Uint8Array ? sig : Buffer.from(String(sig), 'hex');
    return { bytes, signature, signedBytes: metadata.signedBytes };
  });
  return () => {
    for (const { bytes, signature, signedBytes } of files) {
      createHash('sha256').update(bytes).digest();
      const file = JSON.parse(bytes.toString('utf8')) as { payload?: string };
      if (file.payload !== undefined) JSON.parse(Buffer.from(file.payload, 'base64').toString('utf8'));
      if (!verifyWith(key, signedBytes, signature)) throw new Error('the floor is broken');
    }
  };
}

function verifyWith(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.asymmetricKeyType === 'ed25519') return verify(null, message, key, signature);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return verify('sha256', message, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_AUTO }, signature);
}

function keyObject({ keytype, keyval }: JsonObject): KeyObject {
  const value = String((keyval as JsonObject).public);
  if (keytype !== 'ed25519') return createPublicKey(value);
  const x = Buffer.from(value, 'hex').toString('base64url');
  return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });
}
