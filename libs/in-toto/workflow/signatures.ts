import type { PublicKey } from '../keys/public-key.js';
import { type SignatureCheck, verifyKeySignature } from '../keys/verify-signature.js';
import type { Metadata, Signature } from '../metadata/metadata.js';

/** As `SignatureCheck`; `NOT_SIGNED` when no signature names the key. */
export type SignatureVerdict =
  | SignatureCheck
  | { readonly valid: false; readonly reason: 'NOT_SIGNED'; readonly fatal: false };

const NOT_SIGNED = { valid: false, reason: 'NOT_SIGNED', fatal: false } as const;

/**
 * Key ids of those keys that have a valid signature over the metadata, as of `at`; each id once. Of the signatures that
 * name a key, the first `tries` are tried: all, unless the caller is more careful than the reference.
 */
export function validSignatures(
  metadata: Metadata,
  keys: readonly PublicKey[],
  at: Date,
  tries = Number.POSITIVE_INFINITY,
): string[] {
  const check = signatureChecker(metadata, at, tries);
  return [...new Set(keys.filter((key) => check(key).valid).map(({ keyid }) => keyid))];
}

/**
 * Checks keys against the signatures of one file, computing the signed bytes once. What comes out is remembered with file
 * and key: a store asks the same of a link for every build that it may belong to, and after every other link that comes.
 */
export function signatureChecker(
  metadata: Metadata,
  at: Date,
  tries = Number.POSITIVE_INFINITY,
): (key: PublicKey) => SignatureVerdict {
  let message: Uint8Array | undefined;
  const check = (key: PublicKey): SignatureVerdict => {
    const candidates = candidatesOf(metadata, key);
    let verdict: SignatureVerdict = NOT_SIGNED;
    for (const signature of candidates.slice(0, tries)) {
      message ??= metadata.signedBytes;
      verdict = verifyKeySignature(key, signature, message, at);
      if (verdict.valid || verdict.fatal) return verdict;
    }
    return verdict;
  };
  // A GPG key expires by itself, and not to have tried every signature is no verdict to remember.
  return (key) =>
    key.form === 'gpg' || (metadata.signatures.length > tries && candidatesOf(metadata, key).length > tries)
      ? check(key)
      : remembered(metadata, key, check);
}

const verdicts = new WeakMap<Metadata, WeakMap<PublicKey, SignatureVerdict>>();

function remembered(
  metadata: Metadata,
  key: PublicKey,
  check: (key: PublicKey) => SignatureVerdict,
): SignatureVerdict {
  const ofFile = verdicts.get(metadata) ?? new WeakMap<PublicKey, SignatureVerdict>();
  verdicts.set(metadata, ofFile);
  const verdict = ofFile.get(key) ?? check(key);
  ofFile.set(key, verdict);
  return verdict;
}

function candidatesOf(metadata: Metadata, key: PublicKey): readonly Signature[] {
  return metadata.container === 'dsse' ? dsseCandidates(metadata, key) : metablockCandidates(metadata, key);
}

/** Every signature with the key's id gets its chance. A GPG key cannot verify DSSE and breaks the reference off: any signature shows that. */
function dsseCandidates({ signatures }: Metadata, key: PublicKey): readonly Signature[] {
  if (key.form === 'gpg') return [{ form: 'raw', keyid: key.keyid, sig: '' }];
  return signatures.filter(({ keyid }) => keyid === key.keyid);
}

/** Only the first signature by the key or one of its subkeys counts (in-toto 1.0 leaves it open; reference: Metablock.verify_signature). */
function metablockCandidates({ signatures, payload }: Metadata, key: PublicKey): readonly Signature[] {
  // The reference signs and verifies such a layout over "one month from now": never over what anyone has signed.
  if (payload.type === 'layout' && payload.expires === 'absent') return [];
  const first = signatures.find(({ keyid }) => keyid === key.keyid || key.subkeys.has(keyid));
  return first === undefined ? [] : [first];
}
