import { parseEnvelope, parseJson } from '#in-toto/index.js';
import { CommandError } from '../command-error.js';
import { readInput } from '../files.js';
import type { SigningKey } from '../keys/signing-key.js';
import type { NamedOwner } from './named-owners.js';

const PAYLOAD_TYPE = 'application/vnd.custody.root+json';

export interface RootPayload {
  readonly _type: 'custody-root';
  readonly chain: string;
  readonly version: number;
  /** How many distinct owners sign a layout, and the next root. */
  readonly threshold: number;
  readonly owners: readonly NamedOwner[];
}

/** A DSSE envelope, as its file holds it. */
interface Envelope {
  readonly payloadType: string;
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** A root that nobody has signed. */
export function writeRoot(payload: RootPayload): string {
  const bytes = Buffer.from(`${JSON.stringify(payload, null, 2)}\n`);
  return write({ payloadType: PAYLOAD_TYPE, payload: bytes.toString('base64'), signatures: [] });
}

export async function readRoot(path: string): Promise<{ bytes: Buffer; payload: RootPayload }> {
  const bytes = await readInput(path);
  try {
    return {
      bytes,
      payload: parseJson(parseEnvelope(bytes, PAYLOAD_TYPE).payload) as unknown as RootPayload,
    };
  } catch (error) {
    throw new CommandError(
      `${path} holds no trust root: ${(error as Error).message}. \`custody root propose\` makes one.`,
      'usage',
    );
  }
}

/** The same root with one more signature; undefined if the key has signed it already. */
export function addSignature(bytes: Buffer, key: SigningKey): string | undefined {
  const envelope = JSON.parse(bytes.toString('utf8')) as Envelope;
  if (envelope.signatures.some(({ keyid }) => [key.fingerprint, key.publicKey.keyid].includes(keyid))) {
    return undefined;
  }
  const sig = key.sign(parseEnvelope(bytes, PAYLOAD_TYPE).message).toString('base64');
  return write({ ...envelope, signatures: [...envelope.signatures, { keyid: key.fingerprint, sig }] });
}

function write(envelope: Envelope): string {
  return `${JSON.stringify(envelope, null, 2)}\n`;
}
