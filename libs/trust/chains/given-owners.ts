import { z } from 'zod';
import type { OwnerKey } from '#persistence/trust/root-in-force.js';
import { type AdmittedKey, admitKeys } from './admit-keys.js';
import { ownerName } from './owner-name.js';

const KEYS_AT_MOST = 100;

/** A public key object as in-toto writes it in a layout's `keys`, or PEM text. */
const givenKey = z.union([z.record(z.string(), z.unknown()), z.string()]);

export const givenKeys = z.array(givenKey).min(1).max(KEYS_AT_MOST);
export type GivenKeys = z.infer<typeof givenKeys>;

export const givenOwners = z
  .array(z.strictObject({ owner: ownerName, key: givenKey }))
  .min(1)
  .max(KEYS_AT_MOST);
export type GivenOwners = z.infer<typeof givenOwners>;

/** Can so many owners agree? One with several keys counts once. */
export function isReachable(threshold: number, owners: readonly { readonly owner: string }[]): boolean {
  return threshold <= new Set(owners.map(({ owner }) => owner)).size;
}

/** Throws when a key cannot be trusted, or is given twice: under two names it would count as two owners. */
export async function admitOwners(given: GivenOwners): Promise<OwnerKey[]> {
  const keys = await admitKeys(
    given.map(({ key }) => key),
    (index) => `owners.${index}.key`,
  );
  return keys.map((key, index) => ownerKey(key, given[index]?.owner));
}

/** Keys without names: each is an owner by itself. */
export async function admitOwnerKeys(given: GivenKeys): Promise<OwnerKey[]> {
  const keys = await admitKeys(given, (index) => `ownerKeys.${index}`);
  return keys.map((key) => ownerKey(key));
}

function ownerKey({ key, fingerprint }: AdmittedKey, owner = fingerprint): OwnerKey {
  return { owner, fingerprint, key: key.raw };
}
