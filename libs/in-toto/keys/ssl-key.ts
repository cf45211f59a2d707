import {
  cached,
  type HashName,
  loadEd25519Key,
  loadKey,
  type SignatureAlgorithm,
  type VerificationKey,
} from './crypto.js';
import { bytesFromHex } from './hex.js';
import { readPem } from './pem.js';
import { type PublicKey, publicText } from './public-key.js';

/** The algorithm is the key's own, never the signature's. The hash of ECDSA follows the scheme, not the curve. */
export function algorithmOf({ scheme }: PublicKey): SignatureAlgorithm | undefined {
  const last = scheme.slice(scheme.lastIndexOf('-') + 1);
  if (scheme === 'ed25519') return { name: 'ed25519' };
  if (scheme.startsWith('rsassa-pss-')) return { name: 'rsa-pss', hash: last as HashName };
  if (scheme.startsWith('rsa-pkcs1v15-')) return { name: 'rsa-pkcs1v15', hash: last as HashName };
  if (scheme.startsWith('ecdsa-sha2-'))
    return { name: 'ecdsa', hash: last === 'nistp384' ? 'sha384' : 'sha256' };
  return undefined;
}

/** What `keyval.public` says: raw hexadecimal bytes for Ed25519, else a PEM of either form. */
export function loadSslKey(key: PublicKey): VerificationKey | undefined {
  const text = publicText(key.raw);
  if (key.scheme === 'ed25519') {
    const bytes = bytesFromHex(text);
    return bytes && loadEd25519Key(bytes);
  }
  return cached(`pem:${text}`, () => loadPem(text));
}

function loadPem(text: string): VerificationKey | undefined {
  const pem = readPem(text);
  if (pem?.label === 'PUBLIC KEY') return loadKey(pem.der, 'spki');
  if (pem?.label === 'RSA PUBLIC KEY') return loadKey(pem.der, 'pkcs1');
  return undefined;
}
