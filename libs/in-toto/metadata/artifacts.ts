import { isObject, isString, type JsonValue } from '../json/value.js';
import { invalid } from './fields.js';

/** Hash algorithm -> digest in hexadecimal. Algorithm names are free, the case of digits counts, `{}` is allowed. */
export type Hashes = Readonly<Record<string, string>>;

/**
 * Artifact path -> hashes, as a link records them. Paths are opaque strings: nothing is normalised, and `__proto__` is a
 * file like any other. Look paths up with `hashesOf`.
 */
export type Artifacts = Readonly<Record<string, Hashes>>;

/** 1 for every UTF-16 unit that is a digit. */
const HEX = new Uint8Array(0x10000);
for (const digit of Buffer.from('0123456789abcdefABCDEF')) HEX[digit] = 1;

/**
 * One or more hexadecimal digits of either case. Links have many: a loop without branches is a third faster than one that
 * stops early, and the engine's regular expressions are slower than both.
 */
export function isHex(value: JsonValue | undefined): value is string {
  if (!isString(value) || value === '') return false;
  let all = 1;
  for (let i = 0; i < value.length; i++) all &= HEX[value.charCodeAt(i)] as number;
  return all === 1;
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
