import type { JsonValue } from '#in-toto/index.js';
import { createGpgKey } from '../support/gpg-keys.js';
import { createKey, type SigningKey, sha256Hex } from '../support/supply-chain.js';

type Some<T> = readonly [T, ...T[]];

export interface Keys {
  readonly sound: Some<SigningKey>;
  /** Keys that may not verify what they signed: expired, of another scheme, or easily taken for another key. */
  readonly odd: Some<SigningKey>;
}

/** The keys of a run. Only those of Ed25519 are the same in every run. */
export function makeKeys(): Keys {
  const alice = createKey('ed25519', { seed: 'alice' });
  const seeded = ['bob', 'carol', 'dave'].map((seed) => createKey('ed25519', { seed }));
  const rsa = createKey('rsa');
  const subkey = createGpgKey('rsa');
  const expired = createGpgKey('rsa', { creationTime: 1_500_000_000, validity: 1_000_000 });
  return {
    sound: [
      alice,
      ...seeded,
      createKey('ed25519', { seed: 'eve', style: '1.x' }),
      createKey('ed25519', { seed: 'eve', style: '2.x' }),
      rsa,
      createKey('rsa', { style: '1.x' }),
      createKey('ecdsa-p256'),
      createKey('ecdsa-p256', { style: '1.x' }),
      createKey('ecdsa-p384'),
      createGpgKey('rsa', { subkeys: [subkey, expired] }),
      createGpgKey('eddsa'),
      createGpgKey('dsa'),
    ],
    odd: [expired, subkey, withScheme(rsa, 'rsa-pkcs1v15-sha256'), collidingWith(alice)],
  };
}

/** The same key for another scheme than it signs with. */
function withScheme(key: SigningKey, scheme: string): SigningKey {
  return { ...key, publicKey: { ...key.publicKey, scheme } };
}

/** A key whose links have the same file names as the other's. */
function collidingWith(other: SigningKey): SigningKey {
  const key = createKey('ed25519', { seed: 'mallory' });
  const keyid = other.keyid.slice(0, 8) + key.keyid.slice(8);
  return { ...key, keyid, publicKey: { ...key.publicKey, keyid } };
}

export const STEP_NAMES: Some<JsonValue> = [
  'clone',
  'build',
  'test',
  'package',
  'clone',
  'build',
  'test',
  'a.b',
  'é',
  '',
];

export const ODD_STEP_NAMES: Some<JsonValue> = ['../x', 'a/b', 'a\0b', null, 7, true, 'x'.repeat(300), '*'];

export const PATHS: Some<string> = [
  'a',
  'b',
  'src/a',
  'src/b.c',
  'src/lib/x',
  'dist/a',
  'dist/b.c',
  'README.md',
  '.hidden',
  'A',
  './a',
  'src//a',
  'd/../a',
  'dist\\a',
  '/abs',
  'src/',
  '',
  '[x]',
  '*',
  'a b',
  'é',
  '\u{1f600}',
  '\ufffd',
  'a\nb',
  'a"',
  'a#',
  'a\\"',
  '"',
  '__proto__',
  'constructor',
  '{X}',
];

export const PATTERNS: Some<string> = [
  '*',
  '*',
  '*',
  'a',
  'b',
  'src/*',
  'src/a',
  'dist/*',
  '*.c',
  '**',
  '?',
  '??',
  'src/?.c',
  '[ab]',
  '[!a]*',
  '[^a]',
  '[]x]',
  '[z-a]',
  '[!z-a]',
  '[',
  '[a',
  'a[-z]*',
  '\\*',
  '.*',
  '',
  './*',
  '{a,b}',
  '[[:alpha:]]',
  '[a-c-e]*',
  '*a*b*',
  '/*',
];

export const PREFIXES: Some<string> = [
  '',
  'src',
  'src/',
  'dist',
  'dist/',
  'd',
  './',
  '/',
  'src\\',
  'src/lib',
  'é',
  '..',
];

const ONE = sha256Hex('one');
const TWO = sha256Hex('two');

export const HASHES: Some<JsonValue> = [
  { sha256: ONE },
  { sha256: ONE },
  { sha256: ONE },
  { sha256: TWO },
  { sha256: ONE.toUpperCase() },
  { sha256: ONE, sha512: TWO },
  { sha512: TWO },
  {},
];

export const EXPIRIES: Some<JsonValue> = [
  '2099-01-01T00:00:00Z',
  '2001-01-01T00:00:00Z',
  '2099-02-30T00:00:00Z',
  '2099-01-01T24:00:00Z',
  '2099-01-01T00:00:00+00:00',
  '9999-12-31T23:59:59Z',
  '0001-01-01T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '2099-01-01T00:00:60Z',
  '2099-01-01t00:00:00z',
  '',
  null,
];

export const THRESHOLDS: Some<JsonValue> = [0, 1, 2, 3, -1, true, false, '1', null];

export const PARAMETERS: Some<Record<string, string>> = [
  { X: 'a' },
  { X: 'src/*', Y: '{X}' },
  {},
  { X: '' },
  { 'X-1': 'a', X: 'b' },
  { 'X Y': 'a' },
  { '0': 'a' },
];

/** Without the conversions, format specifications and attributes of Python's `str.format`, which we refuse on purpose. */
export const PLACEHOLDERS: Some<string> = [
  '{X}',
  '{X}',
  '{Y}',
  '{{X}}',
  '{',
  '}',
  '{}',
  '{0}',
  'src/{X}',
  '{X-1}',
  '{{',
  '}}',
  '{X}{X}',
  '{ X }',
  '{X}}',
];
