import { isObject, isString, type JsonValue } from '../json/value.js';
import { invalid } from './fields.js';

/** Hash algorithm -> digest in hexadecimal. Algorithm names are free, the case of digits counts, `{}` is allowed. */
export type Hashes = Readonly<Record<string, string>>;

/**
 * Artifact path -> hashes, as a link records them. Paths are opaque strings: nothing is normalised, and `__proto__` is a
 * file like any other. Look paths up with `hashesOf`.
 */
export type Artifacts = Readonly<Record<string, Hashes>>;

const HEX = new Uint8Array(256);
for (const digit of Buffer.from('0123456789abcdefABCDEF')) HEX[digit] = 1;

/** One or more hexadecimal digits of either case. A loop, as links have many and the engine's regular expressions are slower. */
export function isHex(value: JsonValue | undefined): value is string {
  if (!isString(value) || value === '') return false;
  for (let i = 0; i < value.length; i++) {
    if (HEX[value.charCodeAt(i)] !== 1) return false;
  }
  return true;
}

/** Listing the members of a large object is slow, so it is done once. */
const listed = new WeakMap<Artifacts, readonly string[]>();

/** All paths, in the order of the file. */
export function pathsOf(artifacts: Artifacts): readonly string[] {
  let paths = listed.get(artifacts);
  if (paths === undefined) {
    paths = Object.keys(artifacts);
    listed.set(artifacts, paths);
  }
  return paths;
}

export function hashesOf(artifacts: Artifacts, path: string): Hashes | undefined {
  const hashes = artifacts[path];
  // Whatever else an object inherits is a function.
  return typeof hashes === 'object' && (path !== '__proto__' || Object.hasOwn(artifacts, path))
    ? hashes
    : undefined;
}

/** The same algorithms with the same digits. A missing or an extra algorithm is a difference. */
export function sameHashes(a: Hashes, b: Hashes): boolean {
  let count = 0;
  for (const algorithm in a) {
    // No inherited member is a string.
    if (a[algorithm] !== b[algorithm]) return false;
    count++;
  }
  for (const _ in b) count--;
  return count === 0;
}

export function sameArtifacts(a: Artifacts, b: Artifacts): boolean {
  const paths = pathsOf(a);
  return (
    paths.length === pathsOf(b).length &&
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
  if (!isObject(value)) throw invalid(`"${field}" is an object of artifacts`);
  const artifacts = value as Artifacts;
  for (const path of pathsOf(artifacts)) {
    const hashes = value[path];
    if (!isObject(hashes)) throw invalid(`"${field}" holds an object of hashes for every artifact`);
    for (const algorithm in hashes) {
      if (!isHex(hashes[algorithm]))
        throw invalid(`an artifact in "${field}" has a ${algorithm} that is not hexadecimal`);
    }
  }
  return artifacts;
}
