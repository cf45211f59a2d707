import {
  fingerprintOf,
  type PublicKey,
  parseJson,
  parsePublicKey,
  publicKeyFromPem,
} from '#in-toto/index.js';
import { CommandError } from '../command-error.js';
import { readInput } from '../files.js';

/** A public key in a file: PEM, or the JSON object that in-toto makes of it. */
export async function readPublicKey(path: string): Promise<PublicKey> {
  const bytes = await readInput(path);
  const text = bytes.toString('utf8');
  if (text.includes('PRIVATE KEY')) {
    throw new CommandError(
      `${path} holds a private key, which never leaves this machine. Give the file with its public key, or make one:\n` +
        `  openssl pkey -in ${path} -pubout`,
      'usage',
    );
  }
  try {
    return text.trimStart().startsWith('{') ? parsePublicKey(parseJson(bytes)) : publicKeyFromPem(text);
  } catch (error) {
    throw new CommandError(`${path} holds no public key: ${(error as Error).message}`, 'usage');
  }
}

export async function readFingerprint(path: string): Promise<string> {
  const fingerprint = fingerprintOf(await readPublicKey(path));
  if (fingerprint === undefined) {
    throw new CommandError(`${path} holds a public key that cannot be read.`, 'usage');
  }
  return fingerprint;
}
