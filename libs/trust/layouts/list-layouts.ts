import type { Reader } from '#persistence/transaction.js';

/** A layout file that came into force: a new version, or the same with more signatures. */
export interface ListedLayout {
  readonly version: number;
  readonly id: string;
  /** Whether it is in force now. */
  readonly active: boolean;
  readonly expires: string;
  /** It added signatures to the version, which was in force before. */
  readonly resigned: boolean;
  readonly activatedAt: string;
  /** Id of the access token; null when nobody recorded it. */
  readonly actor: string | null;
  readonly reason: string | null;
}

const VERSIONS_AT_MOST = 100;

/** The newest versions, or the newest below one. Versions have no gaps. */
export async function listLayouts(reader: Reader, chainId: number, before?: number): Promise<ListedLayout[]> {
  const rows = await reader.query<LayoutRow[]>(
    `with newest as (select coalesce($2::integer, max(version) + 1) as version from layout where chain_id = $1)
     select layout.version, layout.id, layout.id = chain.active_layout as active, layout.expires_at, layout.received_at,
            event.kind, event.actor, event.reason
       from newest
       join layout on layout.chain_id = $1 and layout.version < newest.version and layout.version >= newest.version - $3
       join chain on chain.id = layout.chain_id
       left join trust_event event
         on event.chain_id = layout.chain_id and event.kind in ('layout-activated', 'layout-resigned')
        and event.body->>'layout' = encode(layout.id, 'hex')
      order by layout.version desc, layout.received_at desc`,
    [chainId, before ?? null, VERSIONS_AT_MOST],
  );
  return rows.map((row) => ({
    version: row.version,
    id: row.id.toString('hex'),
    active: row.active ?? false,
    expires: row.expires_at.toISOString(),
    resigned: row.kind === 'layout-resigned',
    activatedAt: row.received_at.toISOString(),
    actor: row.actor,
    reason: row.reason,
  }));
}

interface LayoutRow {
  readonly version: number;
  readonly id: Buffer;
  readonly active: boolean | null;
  readonly expires_at: Date;
  readonly received_at: Date;
  readonly kind: string | null;
  readonly actor: string | null;
  readonly reason: string | null;
}
