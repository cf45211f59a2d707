import { InTotoError } from '../errors.js';
import { loadKey, spkiOf, type VerificationKey } from './crypto.js';
import { hexFromBytes } from './hex.js';
import { keyIdOf } from './keyid.js';
import { readPem } from './pem.js';
import { type PublicKey, parsePublicKey } from './public-key.js';

/**
 * The public key object that in-toto 2.x and 3.x make of a PEM file (SubjectPublicKeyInfo): RSA is taken for
 * rsassa-pss-sha256, as those tools do. Throws InTotoError KEY_INVALID.
 */
export function publicKeyFromPem(text: string): PublicKey {
  const block = readPem(text);
  const key = block && loadKey(block.der, block.label === 'RSA PUBLIC KEY' ? 'pkcs1' : 'spki');
  const described = key && describe(key, text);
  if (!described) {
    throw new InTotoError('KEY_INVALID', 'expected an Ed25519, RSA or P-256/P-384 public key in PEM');
  }
  return parsePublicKey({ ...described, keyid: keyIdOf(described, '2.x') });
}

function describe(key: VerificationKey, text: string) {
  const pem = `${text.trim()}\n`;
  switch (key.type) {
    case 'ed25519':
      return named('ed25519', 'ed25519', hexFromBytes(spkiOf(key).subarray(-32)));
    case 'rsa':
      return named('rsa', 'rsassa-pss-sha256', pem);
    case 'ec':
      return key.curve === 'prime256v1' || key.curve === 'secp384r1'
        ? named('ecdsa', key.curve === 'prime256v1' ? 'ecdsa-sha2-nistp256' : 'ecdsa-sha2-nistp384', pem)
        : undefined;
    default:
      return undefined;
  }
}

function named(keytype: string, scheme: string, text: string) {
  return { keytype, scheme, keyval: { public: text } };
}
