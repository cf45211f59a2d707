import type { Reader } from '#persistence/transaction.js';
import type { OwnerKey } from '#persistence/trust/root-in-force.js';

export interface ListedRoot {
  readonly version: number;
  /** sha256 of the signed bytes; null for the first root, which was fixed with the chain. */
  readonly id: string | null;
  /** How many distinct owners sign a layout, and the next root. */
  readonly threshold: number;
  readonly owners: readonly OwnerKey[];
  readonly acceptedAt: string;
  /** Id of the access token that posted it, or created the chain. */
  readonly actor: string | null;
  readonly reason: string | null;
}

const VERSIONS_AT_MOST = 100;

/** The newest versions, or the newest below one. */
export async function listRoots(reader: Reader, chainId: number, before?: number): Promise<ListedRoot[]> {
  const rows = await reader.query<RootRow[]>(
    `select root.version, root.id, root.threshold, root.owners, root.accepted_at, event.actor, event.reason
       from trust_root root
       left join trust_event event
         on event.chain_id = root.chain_id
        and ((event.kind = 'root-accepted' and event.body->>'root' = encode(root.id, 'hex'))
          or (event.kind = 'chain-created' and root.version = 1))
      where root.chain_id = $1 and ($2::integer is null or root.version < $2)
      order by root.version desc limit $3`,
    [chainId, before ?? null, VERSIONS_AT_MOST],
  );
  return rows.map((row) => ({
    version: row.version,
    id: row.id?.toString('hex') ?? null,
    threshold: row.threshold,
    owners: row.owners,
    acceptedAt: row.accepted_at.toISOString(),
    actor: row.actor,
    reason: row.reason,
  }));
}

interface RootRow {
  readonly version: number;
  readonly id: Buffer | null;
  readonly threshold: number;
  readonly owners: OwnerKey[];
  readonly accepted_at: Date;
  readonly actor: string | null;
  readonly reason: string | null;
}
