import { InTotoError } from '../errors.js';
import { isObject, isString, type JsonValue } from '../json/value.js';

/** Hash algorithm -> digest in hexadecimal. Algorithm names are free, the case of digits counts, `{}` is allowed. */
export type Hashes = Readonly<Record<string, string>>;

/**
 * Artifact path -> hashes, as a link records them. Paths are opaque strings: nothing is normalised, and `__proto__` is a
 * file like any other. Look paths up with `hashesOf`.
 */
export type Artifacts = Readonly<Record<string, Hashes>>;

const HEX = /^[0-9a-fA-F]+$/;

export function isHex(value: JsonValue | undefined): value is string {
  return isString(value) && HEX.test(value);
}

export function hashesOf(artifacts: Artifacts, path: string): Hashes | undefined {
  return Object.hasOwn(artifacts, path) ? artifacts[path] : undefined;
}

/** The same algorithms with the same digits. A missing or an extra algorithm is a difference. */
export function sameHashes(a: Hashes, b: Hashes): boolean {
  let count = 0;
  for (const algorithm in a) {
    if (!Object.hasOwn(b, algorithm) || a[algorithm] !== b[algorithm]) return false;
    count++;
  }
  return count === Object.keys(b).length;
}

export function sameArtifacts(a: Artifacts, b: Artifacts): boolean {
  const paths = Object.keys(a);
  return (
    paths.length === Object.keys(b).length &&
    paths.every((path) => {
      const other = hashesOf(b, path);
      return other !== undefined && sameHashes(a[path] as Hashes, other);
    })
  );
}

/** For people: `sha256:…`. */
export function describeHashes(hashes: Hashes): string {
  const entries = Object.entries(hashes).map(([algorithm, digest]) => `${algorithm}:${digest}`);
  return entries.join(' ') || 'no hash';
}

/** Reference: Link._validate_materials and _validate_products. */
export function readArtifacts(value: JsonValue | undefined, field: string): Artifacts {
  if (!isObject(value)) throw new InTotoError('METADATA_INVALID', `"${field}" is an object of artifacts`);
  for (const path in value) {
    const hashes = value[path];
    if (!isObject(hashes))
      throw new InTotoError('METADATA_INVALID', `"${field}" of "${path}" is an object of hashes`);
    for (const algorithm in hashes) {
      if (!isHex(hashes[algorithm])) {
        throw new InTotoError(
          'METADATA_INVALID',
          `the ${algorithm} of "${path}" in "${field}" is not hexadecimal`,
        );
      }
    }
  }
  return value as Artifacts;
}
