import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type ChainSettings, chainSettings } from '#persistence/chains/chain-settings.js';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { markEverySubject } from '#persistence/subjects/marks.js';
import { inTransaction, type Transaction } from '#persistence/transaction.js';
import { insertRoot } from '#persistence/trust/insert-root.js';
import { recordEvent } from '#persistence/trust/record-event.js';
import type { OwnerKey } from '#persistence/trust/root-in-force.js';
import type { Principal } from '#platform/access.js';
import { Problem } from '#platform/problems.js';
import type { Author } from './author.js';
import { admitOwnerKeys, admitOwners, type GivenKeys, type GivenOwners } from './given-owners.js';

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
  /** Either these, or keys alone. */
  readonly owners?: GivenOwners | undefined;
  readonly ownerKeys?: GivenKeys | undefined;
  readonly ownerThreshold: number;
  readonly settings: ChainSettings;
  readonly reason: string;
}

interface ChainRow {
  readonly name: string;
  readonly owner_keys: { keyid: string }[];
  readonly owner_threshold: number;
  readonly settings: unknown;
  readonly active_layout: Buffer | null;
  readonly created_at: Date;
}

const UNIQUE_VIOLATION = '23505';

/** Creates supply chains and says which there are. */
@Injectable()
export class ChainService {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  async create(caller: Principal, request: ChainRequest): Promise<ChainInfo> {
    if (caller.chain) {
      throw new Problem('SCOPE_MISSING', {
        detail: 'This needs an operator token that is not bound to one chain.',
      });
    }
    const { owners, ownerKeys = [] } = request;
    const keys = owners ? admitOwners(owners) : admitOwnerKeys(ownerKeys);
    try {
      const author = { actor: caller.tokenId, reason: request.reason };
      return await inTransaction(this.source, (tx) => createChain(tx, request, keys, author));
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
  async setSettings(chain: ChainName, settings: ChainSettings, author: Author): Promise<ChainInfo> {
    return inTransaction(this.source, async (tx) => {
      const [[row]] = await tx.query<[[ChainRow], number]>(
        `update chain set settings = $2 where id = $1
         returning name, owner_keys, owner_threshold, settings, active_layout, created_at`,
        [chain.id, JSON.stringify(settings)],
      );
      await recordEvent(tx, chain.id, { kind: 'settings-changed', body: { settings }, ...author });
      await markEverySubject(tx, chain.id);
      return toInfo(row);
    });
  }

  async list(caller: Principal): Promise<ChainInfo[]> {
    const rows = await this.source.query<ChainRow[]>(
      `select name, owner_keys, owner_threshold, settings, active_layout, created_at from chain
        where $1::integer is null or id = $1 order by name`,
      [caller.chain?.id ?? null],
    );
    return rows.map(toInfo);
  }
}

/** The chain with its first root, which nobody has signed: whoever creates a chain says who owns it. */
async function createChain(
  tx: Transaction,
  { name, ownerThreshold: threshold, settings }: ChainRequest,
  keys: readonly OwnerKey[],
  author: Author,
): Promise<ChainInfo> {
  const [row] = await tx.query<[ChainRow & { id: number }]>(
    `insert into chain (name, owner_keys, owner_names, owner_threshold, settings) values ($1, $2, $3, $4, $5)
     returning id, name, owner_keys, owner_threshold, settings, active_layout, created_at`,
    [
      name,
      JSON.stringify(keys.map(({ key }) => key)),
      keys.map(({ owner }) => owner),
      threshold,
      JSON.stringify(settings),
    ],
  );
  const owners = keys.map(({ owner, fingerprint }) => ({ owner, fingerprint }));
  const body = { name, threshold, owners, settings };
  await recordEvent(tx, row.id, { kind: 'chain-created', body, ...author });
  await insertRoot(tx, row.id, { version: 1, threshold, keys, id: null }, author);
  return toInfo(row);
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
