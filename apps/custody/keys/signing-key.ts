import { constants, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { fingerprintOf, type PublicKey, publicKeyFromPem } from '#in-toto/index.js';
import { CommandError } from '../command-error.js';
import { readInput } from '../files.js';

/** A private key as long as this process lives. */
export interface SigningKey {
  readonly publicKey: PublicKey;
  readonly fingerprint: string;
  sign(message: Uint8Array): Buffer;
}

export async function readSigningKey(path: string): Promise<SigningKey> {
  const privateKey = load(path, await readInput(path));
  try {
    return signingKey(privateKey);
  } catch (error) {
    throw new CommandError(`${path} cannot sign here: ${(error as Error).message}`, 'usage');
  }
}

/** Throws InTotoError for a key of a kind that in-toto does not know. */
export function signingKey(privateKey: KeyObject): SigningKey {
  const publicKey = publicKeyFromPem(
    createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString(),
  );
  return {
    publicKey,
    fingerprint: fingerprintOf(publicKey) ?? '',
    sign: (message) => signAs(publicKey.scheme, privateKey, message),
  };
}

function load(path: string, pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const why = /passphrase|interrupted or cancelled/i.test((error as Error).message)
      ? `is encrypted. Decrypt it to where only you can read it: openssl pkey -in ${path}`
      : 'holds no private key in PEM.';
    throw new CommandError(`${path} ${why}`, 'usage');
  }
}

/** As the scheme asks that in-toto gives to a key of this kind. */
function signAs(scheme: string, key: KeyObject, message: Uint8Array): Buffer {
  switch (scheme) {
    case 'ed25519':
      return sign(null, message, key);
    case 'rsassa-pss-sha256':
      return sign('sha256', message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    case 'ecdsa-sha2-nistp256':
      return sign('sha256', message, key);
    case 'ecdsa-sha2-nistp384':
      return sign('sha384', message, key);
    default:
      throw new Error(`no way to sign by ${scheme}`);
  }
}
