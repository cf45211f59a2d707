import type { Reader } from '../transaction.js';
import { type ChainSettings, chainSettings } from './chain-settings.js';

/** What a chain's verdicts are judged by. */
export interface ChainTrust {
  readonly name: string;
  readonly ownerKeys: readonly unknown[];
  readonly ownerThreshold: number;
  readonly settings: ChainSettings;
  readonly activeLayout: { readonly id: Buffer; readonly version: number } | undefined;
}

export async function chainTrust(reader: Reader, chainId: number): Promise<ChainTrust | undefined> {
  const [row] = await reader.query<TrustRow[]>(
    `select chain.name, chain.owner_keys, chain.owner_threshold, chain.settings, layout.id, layout.version
       from chain left join layout on layout.chain_id = chain.id and layout.id = chain.active_layout
      where chain.id = $1`,
    [chainId],
  );
  return (
    row && {
      name: row.name,
      ownerKeys: row.owner_keys,
      ownerThreshold: row.owner_threshold,
      settings: chainSettings.parse(row.settings),
      activeLayout: row.id && row.version ? { id: row.id, version: row.version } : undefined,
    }
  );
}

interface TrustRow {
  readonly name: string;
  readonly owner_keys: unknown[];
  readonly owner_threshold: number;
  readonly settings: unknown;
  readonly id: Buffer | null;
  readonly version: number | null;
}
