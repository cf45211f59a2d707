import { InTotoError } from '../errors.js';
import { isObject, isString, type JsonObject, type JsonValue, member } from '../json/value.js';

/** A public key as layouts carry it. Its `keyid` is opaque: an inner member of the object, never recomputed. */
export interface PublicKey {
  readonly keyid: string;
  readonly raw: JsonObject;
  /** `ssl`: keytype, scheme and keyval.public. `gpg`: type, method, hashes and the numbers of an OpenPGP key. */
  readonly form: 'ssl' | 'gpg';
  readonly keytype: string;
  readonly scheme: string;
  /** Keys that may sign in this one's name, by the id under which the object lists them. */
  readonly subkeys: ReadonlyMap<string, PublicKey>;
}

/**
 * Accepts what the reference accepts when a layout is loaded (`formats._check_public_key`): the shape of the object and
 * a known pair of keytype and scheme, not whether the key can be used. A key that cannot is found out when it verifies.
 */
export function parsePublicKey(value: JsonValue): PublicKey {
  if (!isObject(value)) throw invalid('a public key is an object');
  const keyid = member(value, 'keyid');
  if (!isString(keyid)) throw invalid('a public key names itself in a string member "keyid"');
  return hasGpgForm(value) ? gpgKey(keyid, value) : sslKey(keyid, value);
}

/** The GPG form is tried first, and all subkeys must have it too. */
function hasGpgForm(key: JsonObject): boolean {
  const complete = ['type', 'method', 'hashes', 'keyval'].every((name) => Object.hasOwn(key, name));
  return complete && subkeyObjects(key).every(([, subkey]) => hasGpgForm(subkey));
}

function gpgKey(keyid: string, raw: JsonObject): PublicKey {
  return {
    keyid,
    raw,
    form: 'gpg',
    keytype: stringOr(member(raw, 'type'), ''),
    scheme: stringOr(member(raw, 'method'), ''),
    subkeys: subkeysOf(raw),
  };
}

function sslKey(keyid: string, raw: JsonObject): PublicKey {
  const keytype = stringOr(member(raw, 'keytype'), '');
  const scheme = stringOr(member(raw, 'scheme'), '');
  if (!isSupported(keytype, scheme)) throw invalid(`unsupported public key "${keytype}/${scheme}"`);
  const keyval = member(raw, 'keyval');
  if (!isObject(keyval)) throw invalid('a public key has an object member "keyval"');
  if (!scheme.startsWith('pgp+') && !isString(member(keyval, 'public'))) {
    throw invalid(`a key of scheme ${scheme} has a string member "keyval.public"`);
  }
  return { keyid, raw, form: 'ssl', keytype, scheme, subkeys: subkeysOf(raw) };
}

const ECDSA_SCHEMES = ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384'];
const RSA_SCHEMES = ['rsassa-pss', 'rsa-pkcs1v15'].flatMap((padding) =>
  ['sha224', 'sha256', 'sha384', 'sha512'].map((hash) => `${padding}-${hash}`),
);

// The `pgp+` schemes load but verify nothing here: no tool writes them in this form.
const SUPPORTED = new Set([
  'ed25519/ed25519',
  ...ECDSA_SCHEMES.flatMap((scheme) => [`ecdsa/${scheme}`, `${scheme}/${scheme}`]),
  ...RSA_SCHEMES.map((scheme) => `rsa/${scheme}`),
  'rsa/pgp+rsa-pkcsv1.5',
  'dsa/pgp+dsa-fips-180-2',
  'eddsa/pgp+eddsa-ed25519',
]);

function isSupported(keytype: string, scheme: string): boolean {
  return SUPPORTED.has(`${keytype}/${scheme}`);
}

function subkeysOf(key: JsonObject): ReadonlyMap<string, PublicKey> {
  return new Map(subkeyObjects(key).map(([keyid, subkey]) => [keyid, gpgKey(keyid, subkey)]));
}

function subkeyObjects(key: JsonObject): [string, JsonObject][] {
  const subkeys = member(key, 'subkeys');
  if (isEmpty(subkeys)) return [];
  if (!isObject(subkeys)) throw invalid('"subkeys" is an object of keys');
  return Object.entries(subkeys).map(([keyid, subkey]) => {
    if (!isObject(subkey)) throw invalid('"subkeys" is an object of keys');
    return [keyid, subkey];
  });
}

/** `keyval.public`, a PEM or hexadecimal digits; empty if the object has none. */
export function publicText(key: JsonObject): string {
  const keyval = member(key, 'keyval');
  const text = isObject(keyval) ? member(keyval, 'public') : undefined;
  return isString(text) ? text : '';
}

/** False in Python: the reference then takes the key to have no subkeys. */
function isEmpty(value: JsonValue | undefined): boolean {
  return !value || (Array.isArray(value) && value.length === 0);
}

function stringOr(value: JsonValue | undefined, fallback: string): string {
  return isString(value) ? value : fallback;
}

function invalid(message: string): InTotoError {
  return new InTotoError('KEY_INVALID', message);
}
