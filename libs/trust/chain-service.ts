import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type ChainSettings, chainSettings } from '#persistence/chains/chain-settings.js';
import { type ChainRow, insertChain } from '#persistence/chains/insert-chain.js';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { markEverySubject } from '#persistence/subjects/marks.js';
import { inTransaction } from '#persistence/transaction.js';
import { registerKeys } from '#persistence/trust/register-keys.js';
import { writtenTrust } from '#persistence/trust/written-trust.js';
import type { Principal } from '#platform/access.js';
import { Problem } from '#platform/problems.js';
import { Journal } from '#storage/journal.js';
import { admitKeys } from './admit-keys.js';

export interface ChainInfo {
  readonly name: string;
  readonly ownerKeyids: readonly string[];
  readonly ownerThreshold: number;
  readonly settings: ChainSettings;
  /** Id of the layout in force. */
  readonly activeLayout: string | null;
  readonly createdAt: string;
}

export interface ChainRequest {
  readonly name: string;
  readonly ownerKeys: readonly unknown[];
  readonly ownerThreshold: number;
  readonly settings: ChainSettings;
}

const UNIQUE_VIOLATION = '23505';

/** Creates supply chains and says which there are. */
@Injectable()
export class ChainService {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly journal: Journal,
  ) {}

  async create(caller: Principal, request: ChainRequest): Promise<ChainInfo> {
    if (caller.chain) {
      throw new Problem('SCOPE_MISSING', {
        detail: 'This needs an operator token that is not bound to one chain.',
      });
    }
    const keys = admitKeys(request.ownerKeys, (index) => `ownerKeys.${index}`);
    try {
      return await inTransaction(this.source, async (tx) => {
        const { name, ownerThreshold, settings } = request;
        const ownerKeys = keys.map((key) => key.raw);
        const row = await insertChain(tx, { name, ownerKeys, ownerThreshold, settings });
        await registerKeys(tx, row.id, keys, { actor: caller.tokenId, reason: 'An owner of the new chain.' });
        const at = row.created_at.toISOString();
        await this.journal.append(name, [
          { v: 1, kind: 'chain', at, name, ownerKeys, ownerThreshold, settings },
          ...(await writtenTrust(tx, row.id)),
        ]);
        return toInfo(row);
      });
    } catch (error) {
      if ((error as { code?: string }).code === UNIQUE_VIOLATION) {
        throw new Problem('CHAIN_EXISTS', {
          detail: `There is a supply chain named ${request.name} already.`,
        });
      }
      throw error;
    }
  }

  /** Changes how a chain weighs evidence; every verdict of the chain is then found again. */
  async setSettings(chain: ChainName, settings: ChainSettings): Promise<ChainInfo> {
    return inTransaction(this.source, async (tx) => {
      const [[row]] = await tx.query<[[ChainRow & { at: Date }], number]>(
        `update chain set settings = $2 where id = $1
         returning id, name, owner_keys, owner_threshold, settings, active_layout, created_at, clock_timestamp() as at`,
        [chain.id, JSON.stringify(settings)],
      );
      await markEverySubject(tx, chain.id);
      await this.journal.append(chain.name, [{ v: 1, kind: 'settings', at: row.at.toISOString(), settings }]);
      return toInfo(row);
    });
  }

  async list(caller: Principal): Promise<ChainInfo[]> {
    const rows = await this.source.query<ChainRow[]>(
      `select id, name, owner_keys, owner_threshold, settings, active_layout, created_at from chain
        where $1::integer is null or id = $1 order by name`,
      [caller.chain?.id ?? null],
    );
    return rows.map(toInfo);
  }
}

function toInfo(row: ChainRow): ChainInfo {
  return {
    name: row.name,
    ownerKeyids: row.owner_keys.map((key) => key.keyid),
    ownerThreshold: row.owner_threshold,
    settings: chainSettings.parse(row.settings),
    activeLayout: row.active_layout?.toString('hex') ?? null,
    createdAt: row.created_at.toISOString(),
  };
}
