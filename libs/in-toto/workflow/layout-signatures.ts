import type { PublicKey } from '../keys/public-key.js';
import { isHex } from '../metadata/artifacts.js';
import type { Metadata } from '../metadata/metadata.js';
import { report, type Scope } from './scope.js';
import { signatureChecker } from './signatures.js';

/**
 * Reference step 1 (in-toto 1.0 §5.2.1): every given key must have validly signed the layout, and there must be one.
 * There is no threshold here: a caller that wants one counts `validSignatures` and passes the keys that count.
 */
export function verifyLayoutSignatures(
  metadata: Metadata,
  keys: ReadonlyMap<string, PublicKey>,
  scope: Scope,
): boolean {
  if (keys.size === 0 || ![...keys.keys()].every(isHex)) {
    report(scope, 'error', {
      code: 'LAYOUT_KEYS_INVALID',
      message:
        keys.size === 0
          ? 'No key was given that must have signed the layout.'
          : 'A layout key has an id that is not hexadecimal.',
      fix: "Give the public keys of the layout's owners, by their ids.",
    });
    return false;
  }
  const check = signatureChecker(metadata, scope.signedBy(metadata));
  return [...keys.values()].filter((key) => !verifyKey(key, check, metadata, scope)).length === 0;
}

const CODES = {
  NOT_SIGNED: 'LAYOUT_SIGNATURE_MISSING',
  INVALID: 'LAYOUT_SIGNATURE_INVALID',
  MALFORMED: 'LAYOUT_SIGNATURE_INVALID',
  KEY_EXPIRED: 'LAYOUT_KEY_EXPIRED',
  KEY_UNUSABLE: 'LAYOUT_KEY_UNUSABLE',
} as const;

function verifyKey(
  key: PublicKey,
  check: ReturnType<typeof signatureChecker>,
  metadata: Metadata,
  scope: Scope,
): boolean {
  const verdict = check(key);
  if (verdict.valid) return true;
  const signers = metadata.signatures.map(({ keyid }) => keyid);
  report(scope, 'error', {
    code: CODES[verdict.reason],
    message: `The layout has no valid signature by key ${key.keyid} (${verdict.reason.toLowerCase().replace('_', ' ')}).`,
    fix: `Have the holder of key ${key.keyid} sign the layout as it is now.`,
    keyid: key.keyid,
    expected: [key.keyid],
    found: signers,
    nearestMiss: `signed by ${signers.join(', ') || 'nobody'}`,
  });
  return false;
}
