import type { Limits } from '#in-toto/index.js';
import { Problem } from './problems.js';

const MIB = 1024 * 1024;

/**
 * What the service takes in at most, beside the bytes of a body (`CUSTODY_MAX_LINK_BYTES`). docs/operations.md has the
 * same table, and a test keeps the two equal. These are limits of the door: what is stored already is read without them.
 */
export const UPLOAD_LIMITS = {
  /** Nesting of any JSON. */
  depth: 128,
  /** Objects, lists, and the commas between what they hold, as `Limits.maxValues` counts them. */
  linkValues: 400_000,
  /** Materials and products of one link, together. */
  linkArtifacts: 100_000,
  signatures: 64,
  /** Honest tools make one; each is a chance for the key that it names, and costs a pass over the file. */
  signaturesOfAKey: 2,
  keyidCharacters: 128,
  layoutBytes: MIB,
  layoutValues: 20_000,
  /** Keys of a layout, subkeys included: each is screened. */
  layoutKeys: 200,
  /** Keys of a root, of a new chain, or of one registration, subkeys included. */
  ownerKeys: 200,
  rootBytes: MIB,
  rootValues: 20_000,
  /** What registries take. */
  manifestBytes: 4 * MIB,
  manifestValues: 20_000,
  /** Bodies that are no files: keys, settings, replays. */
  requestBytes: MIB,
  requestValues: 20_000,
} as const;

/** Limits for a parser, which then throws before anything is allocated for the values. */
export function atMost(values: number): Pick<Limits, 'maxDepth' | 'maxValues'> {
  return { maxDepth: UPLOAD_LIMITS.depth, maxValues: values };
}

export function refuseLarger(bytes: Uint8Array, what: string, most: number): void {
  if (bytes.length > most) {
    throw new Problem('BODY_TOO_LARGE', { detail: `${what} has ${most} bytes at most.` });
  }
}

/** Throws for more signatures than a file may have, whoever they name. */
export function refuseManySignatures(
  signatures: readonly { readonly keyid: string }[],
  most: number = UPLOAD_LIMITS.signatures,
): void {
  if (signatures.length > most) {
    throw new Problem('TOO_MANY_SIGNATURES', { detail: `A file has ${most} signatures at most.` });
  }
  const ofKey = new Map<string, number>();
  for (const { keyid } of signatures) {
    if (keyid.length > UPLOAD_LIMITS.keyidCharacters) {
      throw new Problem('KEYID_TOO_LONG');
    }
    const count = (ofKey.get(keyid) ?? 0) + 1;
    ofKey.set(keyid, count);
    if (count > UPLOAD_LIMITS.signaturesOfAKey) {
      throw new Problem('TOO_MANY_SIGNATURES', {
        detail: `At most ${UPLOAD_LIMITS.signaturesOfAKey} signatures of a file may name one key.`,
      });
    }
  }
}
