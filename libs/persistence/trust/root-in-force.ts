import { fingerprintOf, type JsonObject, parsePublicKey } from '#in-toto/index.js';
import type { HeldKey } from '#key-lifecycle/holders-of.js';
import type { Reader } from '../transaction.js';

/** A key of an owner of the chain. */
export interface OwnerKey extends HeldKey {
  /** As in-toto writes it. */
  readonly key: JsonObject;
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
    `select chain.owner_keys, chain.owner_threshold, root.version, root.owners
       from chain
       left join lateral (select version, owners from trust_root
                           where chain_id = $1 order by version desc limit 1) root on true
      where chain.id = $1`,
    [chainId],
  );
  return (
    row && {
      version: row.version ?? 1,
      threshold: row.owner_threshold,
      keys: row.owners ?? row.owner_keys.map(ownedByItself),
    }
  );
}

interface RootRow {
  readonly owner_keys: JsonObject[];
  readonly owner_threshold: number;
  readonly version: number | null;
  readonly owners: OwnerKey[] | null;
}

/** Chains that are older than named owners have keys alone. */
function ownedByItself(key: JsonObject): OwnerKey {
  const fingerprint = fingerprintOf(parsePublicKey(key)) ?? '';
  return { owner: fingerprint, fingerprint, key };
}
