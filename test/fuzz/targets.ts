import {
  checkLayoutFile,
  checkLinkFile,
  fingerprintOf,
  InTotoError,
  type Metadata,
  type PublicKey,
  parseJson,
  parseMetadata,
  parsePublicKey,
  screenKey,
  verify,
  verifyKeySignature,
} from '#in-toto/index.js';
import type { DamagedFiles, Files } from './inputs.js';

const AT = new Date('2026-01-01T00:00:00Z');

/** Feeds the files to everything that reads strangers' bytes. Only an InTotoError may come out of reading, and nothing out of the rest. */
export function feed({ files, victim }: DamagedFiles): void {
  const owner = read(() => parsePublicKey(parseJson(files.get('owner.pub') ?? Buffer.of())));
  if (victim !== 'owner.pub') feedFile(victim, files.get(victim) ?? Buffer.of());
  else if (owner) feedKey(owner);
  feedVerification(files, owner ? [owner] : []);
}

function feedFile(name: string, bytes: Uint8Array): void {
  const metadata = read(() => parseMetadata(bytes));
  if (!metadata) return;
  read(() => checkLayoutFile(bytes, metadata));
  read(() => checkLinkFile(bytes, metadata, name.split('.')[0]));
  for (const key of keysOf(metadata)) feedKey(key);
}

function keysOf(metadata: Metadata): PublicKey[] {
  const payload = read(() => metadata.payload);
  return payload?.type === 'layout' ? [...payload.keys.values()] : [];
}

function feedKey(key: PublicKey): void {
  screenKey(key);
  fingerprintOf(key);
  const message = Buffer.from('message');
  verifyKeySignature(key, { form: 'raw', keyid: key.keyid, sig: 'ab' }, message, AT);
  verifyKeySignature(
    key,
    { form: 'gpg', keyid: key.keyid, signature: 'ab', otherHeaders: 'ab' },
    message,
    AT,
  );
}

/** What is wrong with the input is a finding, never an exception. */
function feedVerification(files: Files, layoutKeys: readonly PublicKey[]): void {
  const layout = files.get('root.layout') ?? new Uint8Array();
  const links = { read: (name: string) => files.get(name) };
  verify({ layout, layoutKeys, links, parameters: { DIR: 'src' } }, { at: AT, trace: true });
}

function read<T>(reader: () => T): T | undefined {
  try {
    return reader();
  } catch (error) {
    if (error instanceof InTotoError) return undefined;
    throw error;
  }
}
