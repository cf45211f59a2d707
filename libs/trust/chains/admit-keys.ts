import {
  fingerprintOf,
  InTotoError,
  type JsonValue,
  type PublicKey,
  parsePublicKey,
  publicKeyFromPem,
  screenKey,
} from '#in-toto/index.js';
import { Problem, type ProblemItem } from '#platform/problems.js';

/**
 * Public keys as they enter the system: each must be one, must be strong, and must be given once. `given` holds in-toto
 * key objects or PEM texts; `pathOf` says where each stands in the request.
 */
export function admitKeys(given: readonly unknown[], pathOf: (index: number) => string): PublicKey[] {
  const keys = given.map((value, index) => readKey(value, pathOf(index)));
  const weak = keys.flatMap((key, index) =>
    screenKey(key)
      .filter(({ severity }) => severity === 'refuse')
      .map((issue) => ({
        path: pathOf(index),
        code: issue.code,
        message: `${issue.message} ${issue.fix}`,
      })),
  );
  if (weak.length > 0) {
    throw new Problem('KEY_REFUSED', { errors: weak });
  }
  const twice = repeated(keys, pathOf);
  if (twice.length > 0) {
    throw new Problem('KEY_INVALID', { errors: twice });
  }
  return keys;
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
function repeated(keys: readonly PublicKey[], pathOf: (index: number) => string): ProblemItem[] {
  const seen = new Map<string, number>();
  return keys.flatMap((key, index) => {
    const identities = [`id ${key.keyid}`, `key ${fingerprintOf(key)}`];
    const first = identities.map((identity) => seen.get(identity)).find((at) => at !== undefined);
    for (const identity of identities) {
      seen.set(identity, index);
    }
    return first === undefined
      ? []
      : [{ path: pathOf(index), code: 'KEY_TWICE', message: `this is the same key as ${pathOf(first)}` }];
  });
}
