import { type JsonObject, keyIdOf, type PublicKey, parsePublicKey, validSignatures } from '#in-toto/index.js';
import { CommandError } from '../command-error.js';
import type { SigningKey } from '../keys/signing-key.js';
import { type LayoutFile, openLayout, writeContainer } from './layout-file.js';

/** The same layout with one more signature, the others as they were; undefined if the key has signed it already. */
export function signLayout(file: LayoutFile, key: SigningKey, keyid?: string): string | undefined {
  const publicKey = named(key.publicKey, keyid);
  const { container, metadata } = file;
  if (validSignatures(metadata, [publicKey], new Date()).length > 0) {
    return undefined;
  }
  const encoding = metadata.container === 'dsse' ? 'base64' : 'hex';
  const sig = key.sign(metadata.signedBytes).toString(encoding);
  const others = (container.signatures ?? []) as readonly JsonObject[];
  // A signature of this key that is not valid, such as one over an earlier draft, makes place: the first one counts.
  const signatures = [
    ...others.filter((signature) => signature.keyid !== publicKey.keyid),
    { keyid: publicKey.keyid, sig },
  ];
  const written = writeContainer({ ...container, signatures });
  requireSigned(written, publicKey);
  return written;
}

/** The chain may know an owner by the id that in-toto 1 gave to the key, or any other. */
function named(key: PublicKey, keyid = keyIdOf(key.raw, '2.x')): PublicKey {
  return parsePublicKey({ ...key.raw, keyid });
}

/** What is written must be what the service will find signed. */
function requireSigned(written: string, key: PublicKey): void {
  if (validSignatures(openLayout(Buffer.from(written)).metadata, [key], new Date()).length === 0) {
    throw new CommandError('The layout cannot be signed: does it say when it expires?', 'usage');
  }
}
