import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { CommandError } from '../command-error.js';
import { type SigningKey, signingKey } from './signing-key.js';

export const KEY_TYPES = ['ed25519', 'ecdsa', 'rsa'] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/** Makes a key pair: the private key in the file, the public one beside it. Files that are there stay as they are. */
export async function generateKey(
  path: string,
  type: KeyType,
): Promise<{ key: SigningKey; publicPath: string }> {
  const publicPath = `${path.replace(/\.pem$/, '')}.pub`;
  const { privateKey, publicKey } = generatePair(type);
  await create(path, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  try {
    await create(publicPath, publicKey.export({ format: 'pem', type: 'spki' }));
  } catch (error) {
    await rm(path);
    throw error;
  }
  return { key: signingKey(privateKey), publicPath };
}

function generatePair(type: KeyType): { privateKey: KeyObject; publicKey: KeyObject } {
  switch (type) {
    case 'ed25519':
      return generateKeyPairSync('ed25519');
    case 'ecdsa':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 3072 });
  }
}

async function create(path: string, pem: string | Buffer): Promise<void> {
  try {
    await writeFile(path, pem, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'is there already' : (error as Error).message;
    throw new CommandError(`${path}: ${why}. Nothing is overwritten; give another name.`, 'usage');
  }
}
