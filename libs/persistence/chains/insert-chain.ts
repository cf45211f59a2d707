import type { Transaction } from '../transaction.js';
import type { ChainSettings } from './chain-settings.js';

export interface NewChain {
  readonly name: string;
  /** Public key objects as in-toto writes them. */
  readonly ownerKeys: readonly unknown[];
  /** Who holds each of them. */
  readonly ownerNames: readonly (string | null)[];
  readonly ownerThreshold: number;
  readonly settings: ChainSettings;
  /** Absent: now. */
  readonly createdAt?: Date;
}

export interface ChainRow {
  readonly id: number;
  readonly name: string;
  readonly owner_keys: { keyid: string }[];
  readonly owner_threshold: number;
  readonly settings: unknown;
  readonly active_layout: Buffer | null;
  readonly created_at: Date;
}

export async function insertChain(tx: Transaction, chain: NewChain): Promise<ChainRow> {
  const [row] = await tx.query<[ChainRow]>(
    `insert into chain (name, owner_keys, owner_threshold, settings, owner_names, created_at)
     values ($1, $2, $3, $4, $6, coalesce($5, date_trunc('milliseconds', clock_timestamp())))
     returning id, name, owner_keys, owner_threshold, settings, active_layout, created_at`,
    [
      chain.name,
      JSON.stringify(chain.ownerKeys),
      chain.ownerThreshold,
      JSON.stringify(chain.settings),
      chain.createdAt ?? null,
      chain.ownerNames,
    ],
  );
  return row;
}
