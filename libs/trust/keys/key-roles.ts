import {
  fingerprintOf,
  type JsonValue,
  type Layout,
  type PublicKey,
  parsePublicKey,
} from '#in-toto/index.js';
import type { ChainTrust } from '#persistence/chains/chain-trust.js';
import type { MetadataReader } from '#storage/metadata-reader.js';

/** What a key may sign by the root and the layout in force. */
export interface KeyRole {
  /** Layouts. */
  readonly owner: boolean;
  /** The layout holds the key. */
  readonly functionary: boolean;
  /** Links of these steps. */
  readonly steps: readonly string[];
}

export type RoleOf = (fingerprint: string) => KeyRole;

/** Reads the roles of the chain's keys, by fingerprint. */
export async function keyRoles(
  reader: MetadataReader,
  { name, ownerKeys, activeLayout }: ChainTrust,
): Promise<RoleOf> {
  const owners = new Set(ownerKeys.map((key) => fingerprintOf(parsePublicKey(key as JsonValue))));
  const payload = activeLayout && (await reader.read(name, 'layouts', activeLayout.id)).payload;
  const steps = payload?.type === 'layout' ? stepsByKey(payload) : new Map<string, string[]>();
  return (fingerprint) => ({
    owner: owners.has(fingerprint),
    functionary: steps.has(fingerprint),
    steps: steps.get(fingerprint) ?? [],
  });
}

/** A subkey signs for the key that it belongs to. */
function stepsByKey({ keys, steps }: Layout): Map<string, string[]> {
  const stepsOf = (keyid: string, key: PublicKey): string[] =>
    steps
      .filter(({ pubkeys }) => pubkeys.some((id) => id === keyid || key.subkeys.has(id)))
      .map((step) => step.name);
  return new Map([...keys].map(([keyid, key]) => [fingerprintOf(key) ?? keyid, stepsOf(keyid, key)]));
}
