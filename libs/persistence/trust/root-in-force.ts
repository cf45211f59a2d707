import { fingerprintOf, type JsonObject, parsePublicKey } from '#in-toto/index.js';
import type { HeldKey } from '#key-lifecycle/holders-of.js';
import type { Reader, Transaction } from '../transaction.js';

/** A key of an owner of the chain. */
export interface OwnerKey extends HeldKey {
  /** As in-toto writes it. */
  readonly key: JsonObject;
}

/** Whether the root says who holds the key. Without it each key is an owner by itself. */
export function isNamed({ owner, fingerprint }: OwnerKey): boolean {
  return owner !== fingerprint;
}

/** Who owns a chain, and how many of them must agree. */
export interface TrustedRoot {
  readonly version: number;
  /** How many distinct owners sign a layout, and the next root. */
  readonly threshold: number;
  readonly keys: readonly OwnerKey[];
}

/** The newest root of the chain; undefined when there is no such chain. */
export async function rootInForce(reader: Reader, chainId: number): Promise<TrustedRoot | undefined> {
  const [row] = await reader.query<RootRow[]>(
    `select owner_keys, owner_names, owner_threshold,
            (select max(version) from trust_root where chain_id = $1) as version
       from chain where id = $1`,
    [chainId],
  );
  return (
    row && {
      version: row.version ?? 1,
      threshold: row.owner_threshold,
      keys: row.owner_keys.map((key, index) => ownerKey(key, row.owner_names?.[index])),
    }
  );
}

/** What the chain's own row holds of a root. */
export async function putRootInForce(
  tx: Transaction,
  chainId: number,
  { threshold, keys }: TrustedRoot,
): Promise<void> {
  await tx.query('update chain set owner_keys = $2, owner_names = $3, owner_threshold = $4 where id = $1', [
    chainId,
    JSON.stringify(keys.map(({ key }) => key)),
    keys.map(({ owner }) => owner),
    threshold,
  ]);
}

interface RootRow {
  readonly owner_keys: JsonObject[];
  readonly owner_names: string[] | null;
  readonly owner_threshold: number;
  readonly version: number | null;
}

/** Chains that are older than named owners have keys alone: each is an owner by itself. */
function ownerKey(key: JsonObject, name: string | undefined): OwnerKey {
  const fingerprint = fingerprintOf(parsePublicKey(key)) ?? '';
  return { owner: name ?? fingerprint, fingerprint, key };
}
