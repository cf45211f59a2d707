import { isObject, member } from '../json/value.js';
import { algorithmOfKey } from './algorithm.js';
import { keyTypeOf, spkiOf, type VerificationKey } from './crypto.js';
import { gpgFingerprint } from './gpg-fingerprint.js';
import { gpgKeyType } from './gpg-key.js';
import { keyIdOf } from './keyid.js';
import { loadedKey } from './loaded-key.js';
import type { PublicKey } from './public-key.js';
import { type Ed25519Weakness, ed25519Weakness } from './screen-ed25519.js';

/** What can be wrong with a key that the reference would use. Codes are the contract, messages are not. */
export const KEY_ISSUES = {
  KEY_UNREADABLE: 'The key cannot be read, or its point is not on its curve: it can never verify anything.',
  KEY_KIND_MISMATCH: 'The key is of another kind than its scheme says: it can never verify anything.',
  KEY_ED25519_SMALL_ORDER: 'The Ed25519 point has small order: anyone can make signatures that verify.',
  KEY_ED25519_NOT_CANONICAL: 'The Ed25519 key is not in its one canonical encoding.',
  KEY_ED25519_MIXED_ORDER: 'The Ed25519 point has a small-order part, which no honest tool makes.',
  KEY_RSA_SHORT: 'The RSA modulus has fewer than 2048 bits.',
  KEY_RSA_EXPONENT: 'The RSA exponent is even, below 65537 or beyond 64 bits.',
  KEY_CURVE: 'The key is on another curve than P-256 and P-384.',
  KEY_CURVE_NOT_OF_SCHEME: 'The scheme names the other curve; only its hash counts.',
  KEY_DSA_WEAK: 'The DSA key has fewer than 2048 bits, or a group of fewer than 224.',
  KEY_DSA: 'DSA is no longer approved for new signatures (FIPS 186-5).',
  KEY_PRIVATE_PART: 'The object also holds the private key.',
  KEY_ID_FOREIGN: 'The key id is not one that in-toto tools compute for this key.',
} as const;

export type KeyIssueCode = keyof typeof KEY_ISSUES;

export interface KeyIssue {
  readonly code: KeyIssueCode;
  /** `refuse`: do not let the key in. `warn`: let it in and say so. */
  readonly severity: 'refuse' | 'warn';
  readonly message: string;
  readonly fix: string;
  readonly keyid: string;
}

const WARNINGS: ReadonlySet<KeyIssueCode> = new Set(['KEY_CURVE_NOT_OF_SCHEME', 'KEY_DSA', 'KEY_ID_FOREIGN']);

const FIXES: Partial<Record<KeyIssueCode, string>> = {
  KEY_CURVE_NOT_OF_SCHEME: 'Nothing need be done: tools write P-384 keys like this.',
  KEY_PRIVATE_PART: 'Treat the key as leaked: make a new one, and put only its public part in the layout.',
  KEY_ID_FOREIGN: 'Let an in-toto tool write the key object, so that everyone calls the key by one id.',
};
const REPLACE =
  'Make a new Ed25519, ECDSA P-256 or RSA key (2048 bits or more) with an in-toto tool and use that.';

/** Screens a key when it enters, as the key of an owner or inside a layout. Subkeys are screened with it. */
export function screenKey(key: PublicKey): KeyIssue[] {
  const material = materialIssues(key);
  const codes = [
    ...material,
    ...privatePart(key),
    ...(material.includes('KEY_UNREADABLE') ? [] : foreignId(key)),
  ];
  return [...codes.map((code) => issue(code, key.keyid)), ...[...key.subkeys.values()].flatMap(screenKey)];
}

function issue(code: KeyIssueCode, keyid: string): KeyIssue {
  const severity = WARNINGS.has(code) ? 'warn' : 'refuse';
  return { code, severity, message: KEY_ISSUES[code], fix: FIXES[code] ?? REPLACE, keyid };
}

function materialIssues(key: PublicKey): KeyIssueCode[] {
  const loaded = loadedKey(key);
  const algorithm = algorithmOfKey(key);
  if (!loaded || !algorithm) return ['KEY_UNREADABLE'];
  if (loaded.type !== keyTypeOf(algorithm)) return ['KEY_KIND_MISMATCH'];
  switch (loaded.type) {
    case 'ed25519':
      return ed25519Issues(loaded);
    case 'rsa':
      return rsaIssues(loaded);
    case 'ec':
      return curveIssues(loaded, key.scheme);
    case 'dsa':
      return dsaIssues(loaded);
    case 'other':
      return ['KEY_KIND_MISMATCH'];
  }
}

const ED25519_ISSUES: Record<Ed25519Weakness, KeyIssueCode> = {
  NO_POINT: 'KEY_UNREADABLE',
  SMALL_ORDER: 'KEY_ED25519_SMALL_ORDER',
  NOT_CANONICAL: 'KEY_ED25519_NOT_CANONICAL',
  MIXED_ORDER: 'KEY_ED25519_MIXED_ORDER',
};

function ed25519Issues(key: VerificationKey): KeyIssueCode[] {
  const weakness = ed25519Weakness(spkiOf(key).subarray(-32));
  return weakness ? [ED25519_ISSUES[weakness]] : [];
}

function rsaIssues({ modulusBits = 0, publicExponent = 0n }: VerificationKey): KeyIssueCode[] {
  const codes: KeyIssueCode[] = [];
  if (modulusBits < 2048) codes.push('KEY_RSA_SHORT');
  // FIPS 186-5, 5.4 asks for more than 2^16; OpenSSL limits large keys to 64 bits.
  const sound = publicExponent > 0x10000n && publicExponent % 2n === 1n && publicExponent < 1n << 64n;
  if (!sound) codes.push('KEY_RSA_EXPONENT');
  return codes;
}

const CURVES: Readonly<Record<string, string>> = { prime256v1: 'nistp256', secp384r1: 'nistp384' };

function curveIssues({ curve = '' }: VerificationKey, scheme: string): KeyIssueCode[] {
  const name = CURVES[curve];
  if (!name) return ['KEY_CURVE'];
  return scheme.endsWith(name) ? [] : ['KEY_CURVE_NOT_OF_SCHEME'];
}

function dsaIssues({ modulusBits = 0, divisorBits = 0 }: VerificationKey): KeyIssueCode[] {
  return modulusBits < 2048 || divisorBits < 224 ? ['KEY_DSA_WEAK'] : ['KEY_DSA'];
}

function privatePart(key: PublicKey): KeyIssueCode[] {
  const keyval = member(key.raw, 'keyval');
  const secret = isObject(keyval) ? member(keyval, 'private') : undefined;
  return secret === undefined || secret === null || secret === '' ? [] : ['KEY_PRIVATE_PART'];
}

function foreignId(key: PublicKey): KeyIssueCode[] {
  const usual = usualIds(key);
  return usual.length === 0 || usual.includes(key.keyid) ? [] : ['KEY_ID_FOREIGN'];
}

/** None for a GPG key without a creation time, from which no one can tell. */
function usualIds(key: PublicKey): string[] {
  if (key.form === 'ssl') return [keyIdOf(key.raw, '1.x'), keyIdOf(key.raw, '2.x')];
  const type = gpgKeyType(key.raw);
  const fingerprint = type && gpgFingerprint(key.raw, type);
  return fingerprint ? [fingerprint] : [];
}
