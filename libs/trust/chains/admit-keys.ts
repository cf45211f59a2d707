import {
  fingerprintOf,
  InTotoError,
  type JsonValue,
  type PublicKey,
  parsePublicKey,
  publicKeyFromPem,
  screenKey,
} from '#in-toto/index.js';
import { inTurns } from '#platform/in-turns.js';
import { Problem, type ProblemItem } from '#platform/problems.js';
import { UPLOAD_LIMITS } from '#platform/upload-limits.js';

export interface AdmittedKey {
  readonly key: PublicKey;
  readonly fingerprint: string;
}

/**
 * Public keys as they enter the system: each must be one, must be strong, and must be given once. `given` holds in-toto
 * key objects or PEM texts; `pathOf` says where each stands in the request. To screen a key takes two milliseconds, and to
 * write it as SubjectPublicKeyInfo one, so each has turns of its own, and so has each subkey.
 */
export async function admitKeys(
  given: readonly unknown[],
  pathOf: (index: number) => string,
): Promise<AdmittedKey[]> {
  const keys = await inTurns(given, (value, index) => readKey(value, pathOf(index)));
  const screened = keys.flatMap((key, index) => [...alone(key)].map((key) => ({ key, path: pathOf(index) })));
  refuseMany(screened.length);
  const weak = (await inTurns(screened, ({ key, path }) => weaknessesOf(key, path))).flat();
  if (weak.length > 0) {
    throw new Problem('KEY_REFUSED', { errors: weak });
  }
  const admitted = await inTurns(keys, (key) => ({ key, fingerprint: readableFingerprint(key) }));
  const twice = repeated(admitted, pathOf);
  if (twice.length > 0) {
    throw new Problem('KEY_INVALID', { errors: twice });
  }
  return admitted;
}

/** Of a key that was screened, and so can be read. */
function readableFingerprint(key: PublicKey): string {
  const fingerprint = fingerprintOf(key);
  if (fingerprint === undefined) {
    throw new Error(`key ${key.keyid} was admitted and cannot be read`);
  }
  return fingerprint;
}

/** The key and its subkeys, each without those below it. */
function* alone(key: PublicKey): Generator<PublicKey> {
  yield { ...key, subkeys: new Map() };
  for (const subkey of key.subkeys.values()) {
    yield* alone(subkey);
  }
}

function refuseMany(count: number): void {
  const { ownerKeys } = UPLOAD_LIMITS;
  if (count > ownerKeys) {
    throw new Problem('TOO_MANY_KEYS', {
      detail: `No more than ${ownerKeys} keys are taken at a time, subkeys included.`,
    });
  }
}

function weaknessesOf(key: PublicKey, path: string): ProblemItem[] {
  return screenKey(key)
    .filter(({ severity }) => severity === 'refuse')
    .map(({ code, message, fix }) => ({ path, code, message: `${message} ${fix}` }));
}

function readKey(value: unknown, path: string): PublicKey {
  try {
    return typeof value === 'string' ? publicKeyFromPem(value) : parsePublicKey(value as JsonValue);
  } catch (error) {
    if (error instanceof InTotoError) {
      throw new Problem('KEY_INVALID', { errors: [{ path, message: error.message }], cause: error });
    }
    throw error;
  }
}

/** One key given twice, perhaps under two ids, would count as two owners. */
function repeated(keys: readonly AdmittedKey[], pathOf: (index: number) => string): ProblemItem[] {
  const seen = new Map<string, number>();
  return keys.flatMap(({ key, fingerprint }, index) => {
    const identities = [`id ${key.keyid}`, `key ${fingerprint}`];
    const first = identities.map((identity) => seen.get(identity)).find((at) => at !== undefined);
    for (const identity of identities) {
      seen.set(identity, index);
    }
    return first === undefined
      ? []
      : [{ path: pathOf(index), code: 'KEY_TWICE', message: `this is the same key as ${pathOf(first)}` }];
  });
}
