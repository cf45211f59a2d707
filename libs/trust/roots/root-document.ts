import { z } from 'zod';
import {
  checkText,
  type Envelope,
  InTotoError,
  parseEnvelope,
  parseJson,
  parsePublicKey,
  verifyKeySignature,
} from '#in-toto/index.js';
import type { OwnerKey } from '#persistence/trust/root-in-force.js';
import { inTurns, nextTurn } from '#platform/in-turns.js';
import { Problem } from '#platform/problems.js';
import { refuseIssues } from '#platform/refuse-issues.js';
import { refuseUnstorable } from '#platform/refuse-unstorable.js';
import { atMost, refuseLarger, refuseManySignatures, UPLOAD_LIMITS } from '#platform/upload-limits.js';
import { admitOwners, givenOwners, isReachable } from '../chains/given-owners.js';

const PAYLOAD_TYPE = 'application/vnd.custody.root+json';

/** The owners of two roots at most have anything to sign. */
const SIGNATURES_AT_MOST = 200;
const ROOT_LIMITS = atMost(UPLOAD_LIMITS.rootValues);

const rootPayload = z
  .strictObject({
    _type: z.literal('custody-root'),
    chain: z.string(),
    version: z.int().min(2),
    threshold: z.int().min(1),
    owners: givenOwners,
  })
  .refine(({ threshold, owners }) => isReachable(threshold, owners), {
    path: ['threshold'],
    message: 'there are fewer owners than that',
  });

/** A trust root as it was posted. Nothing is said of who signed it. */
export interface RootDocument {
  readonly chain: string;
  readonly version: number;
  readonly threshold: number;
  readonly keys: readonly OwnerKey[];
  readonly envelope: Envelope;
}

/** In turns: a root of a megabyte is read three times over. */
export async function readRoot(bytes: Uint8Array): Promise<RootDocument> {
  refuseLarger(bytes, 'A trust root', UPLOAD_LIMITS.rootBytes);
  const envelope = openRoot(bytes);
  await nextTurn();
  refuseIssues(checkText(bytes), 'ROOT_INVALID');
  await nextTurn();
  const payload = parseJson(envelope.payload, ROOT_LIMITS);
  await nextTurn();
  refuseUnstorable(payload, 'ROOT_INVALID');
  const parsed = rootPayload.safeParse(payload);
  if (!parsed.success) {
    throw new Problem('ROOT_INVALID', {
      errors: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    });
  }
  const { chain, version, threshold, owners } = parsed.data;
  return { chain, version, threshold, keys: await admitOwners(owners), envelope };
}

function openRoot(bytes: Uint8Array): Envelope {
  const envelope = parseAsRoot(bytes);
  if (envelope.signatures.length === 0) {
    throw new Problem('UNSIGNED');
  }
  refuseManySignatures(envelope.signatures, SIGNATURES_AT_MOST);
  return envelope;
}

function parseAsRoot(bytes: Uint8Array): Envelope {
  try {
    return parseEnvelope(bytes, PAYLOAD_TYPE, ROOT_LIMITS);
  } catch (error) {
    if (error instanceof InTotoError && error.code === 'METADATA_INVALID') {
      throw new Problem('ROOT_EXPECTED', { detail: `Not a trust root: ${error.message}.`, cause: error });
    }
    throw error;
  }
}

/**
 * Those of the keys that have validly signed the root. A signature names its key by the id that in-toto gives it or by
 * its fingerprint, which `openssl` and `sha256sum` can tell. Each key has a turn of its own: its signatures are over all of
 * the root.
 */
export async function rootSigners(
  { envelope }: RootDocument,
  keys: readonly OwnerKey[],
  at: Date,
): Promise<OwnerKey[]> {
  const signed = await inTurns(keys, (owner) => {
    const key = parsePublicKey(owner.key);
    return envelope.signatures
      .filter(({ keyid }) => keyid === key.keyid || keyid === owner.fingerprint)
      .some((signature) => {
        const named = { ...signature, keyid: key.keyid };
        return verifyKeySignature(key, named, envelope.message, at).valid;
      });
  });
  return keys.filter((_, index) => signed[index]);
}
