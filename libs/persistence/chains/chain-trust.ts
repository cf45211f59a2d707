import type { Mark } from '../subjects/marks.js';
import type { Reader } from '../transaction.js';
import { OWNERS_DIGEST, SETTINGS_DIGEST } from './chain-rules.js';
import { type ChainSettings, chainSettings } from './chain-settings.js';

/** What a chain's verdicts are judged by. */
export interface ChainTrust {
  readonly name: string;
  readonly ownerKeys: readonly unknown[];
  readonly ownerThreshold: number;
  readonly settings: ChainSettings;
  readonly activeLayout:
    | { readonly id: Buffer; readonly version: number; readonly receivedAt: Date }
    | undefined;
  /** seq of the last event that moved the chain's trust. */
  readonly epoch: string;
  /** Digests of the settings and of the owners. */
  readonly rules: { readonly settings: string; readonly owners: string };
}

/** With a mark: undefined, too, when its verdict is there already, or something happened since, so that nobody needs it. */
export async function chainTrust(
  reader: Reader,
  chainId: number,
  mark?: Mark,
): Promise<ChainTrust | undefined> {
  const [row] = await reader.query<TrustRow[]>(
    `select chain.name, chain.owner_keys, chain.owner_threshold, chain.settings, chain.trust_epoch,
            ${SETTINGS_DIGEST} as settings_digest, ${OWNERS_DIGEST} as owners_digest,
            layout.id, layout.version, layout.received_at
       from chain left join layout on layout.chain_id = chain.id and layout.id = chain.active_layout
      where chain.id = $1
        and ($2::bytea is null or exists (
          select from verification_mark where chain_id = $1 and subject = $2 and generation = $3))`,
    [chainId, mark?.subject ?? null, mark?.generation ?? null],
  );
  return (
    row && {
      name: row.name,
      ownerKeys: row.owner_keys,
      ownerThreshold: row.owner_threshold,
      settings: chainSettings.parse(row.settings),
      activeLayout:
        row.id && row.version && row.received_at
          ? { id: row.id, version: row.version, receivedAt: row.received_at }
          : undefined,
      epoch: row.trust_epoch,
      rules: { settings: row.settings_digest, owners: row.owners_digest },
    }
  );
}

interface TrustRow {
  readonly name: string;
  readonly owner_keys: unknown[];
  readonly owner_threshold: number;
  readonly settings: unknown;
  readonly trust_epoch: string;
  readonly settings_digest: string;
  readonly owners_digest: string;
  readonly id: Buffer | null;
  readonly version: number | null;
  readonly received_at: Date | null;
}
