import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type ChainSettings, chainSettings } from '#persistence/chains/chain-settings.js';
import { type ChainRow, insertChain } from '#persistence/chains/insert-chain.js';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { markEverySubject } from '#persistence/subjects/marks.js';
import { inTransaction, type Transaction } from '#persistence/transaction.js';
import { insertRoot } from '#persistence/trust/insert-root.js';
import { recordEvent } from '#persistence/trust/record-event.js';
import type { OwnerKey } from '#persistence/trust/root-in-force.js';
import { writtenTrust } from '#persistence/trust/written-trust.js';
import { inTurn, turnForTrust } from '#persistence/turn.js';
import type { Principal } from '#platform/access.js';
import { Problem } from '#platform/problems.js';
import { Journal } from '#storage/journal.js';
import { MetadataReader } from '#storage/metadata-reader.js';
import type { Author } from '../author.js';
import { admitOwnerKeys, admitOwners, type GivenKeys, type GivenOwners } from './given-owners.js';
import { type SettingsWarning, unknownSteps } from './unknown-steps.js';

export interface ChainInfo {
  readonly name: string;
  readonly ownerKeyids: readonly string[];
  readonly ownerThreshold: number;
  readonly settings: ChainSettings;
  /** Id of the layout in force. */
  readonly activeLayout: string | null;
  readonly createdAt: string;
}

export interface ChangedChain extends ChainInfo {
  readonly warnings: readonly SettingsWarning[];
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

const UNIQUE_VIOLATION = '23505';

/** Creates supply chains and says which there are. */
@Injectable()
export class ChainService {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly journal: Journal,
    private readonly metadata: MetadataReader,
  ) {}

  async create(caller: Principal, request: ChainRequest): Promise<ChainInfo> {
    if (caller.chain) {
      throw new Problem('SCOPE_MISSING', {
        detail: 'This needs an operator token that is not bound to one chain.',
      });
    }
    const { owners, ownerKeys = [] } = request;
    const keys = await (owners ? admitOwners(owners) : admitOwnerKeys(ownerKeys));
    try {
      const author = { actor: caller.tokenId, reason: request.reason };
      return await inTransaction(this.source, async (tx) => {
        const row = await createChain(tx, request, keys, author);
        const { name, ownerThreshold, settings } = request;
        const at = row.created_at.toISOString();
        const chain = { name, ownerKeys: row.owner_keys, ownerThreshold, settings };
        await this.journal.append(name, [
          { v: 1, kind: 'chain', at, ...chain },
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
  async setSettings(chain: ChainName, settings: ChainSettings, author: Author): Promise<ChangedChain> {
    const info = await inTurn(this.source, turnForTrust(chain.id, author.actor), async (tx) => {
      const [[row]] = await tx.query<[[ChainRow & { at: Date }], number]>(
        `update chain set settings = $2 where id = $1
         returning id, name, owner_keys, owner_threshold, settings, active_layout, created_at, clock_timestamp() as at`,
        [chain.id, JSON.stringify(settings)],
      );
      await recordEvent(tx, chain.id, { kind: 'settings-changed', body: { settings }, ...author });
      await markEverySubject(tx, chain.id);
      await this.journal.append(chain.name, [
        { v: 1, kind: 'settings', at: row.at.toISOString(), settings },
        ...(await writtenTrust(tx, chain.id)),
      ]);
      return toInfo(row);
    });
    return { ...info, warnings: await this.warningsOf(info) };
  }

  private async warningsOf({ name, settings, activeLayout }: ChainInfo): Promise<SettingsWarning[]> {
    if (activeLayout === null) {
      return [];
    }
    const { payload } = await this.metadata.read(name, 'layouts', Buffer.from(activeLayout, 'hex'));
    return payload.type === 'layout' ? unknownSteps(settings, payload) : [];
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

/** The chain with its first root, which nobody has signed: whoever creates a chain says who owns it. */
async function createChain(
  tx: Transaction,
  { name, ownerThreshold: threshold, settings }: ChainRequest,
  keys: readonly OwnerKey[],
  author: Author,
): Promise<ChainRow> {
  const row = await insertChain(tx, {
    name,
    ownerKeys: keys.map(({ key }) => key),
    ownerNames: keys.map(({ owner }) => owner),
    ownerThreshold: threshold,
    settings,
  });
  const owners = keys.map(({ owner, fingerprint }) => ({ owner, fingerprint }));
  const body = { name, threshold, owners, settings };
  await recordEvent(tx, row.id, { kind: 'chain-created', body, ...author });
  await insertRoot(tx, row.id, { version: 1, threshold, keys, id: null }, author);
  return row;
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
