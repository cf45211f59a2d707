import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { KeyChange, KeyChangeKind } from '#key-lifecycle/key-record.js';
import { receiptsThatCount } from '#key-lifecycle/receipts-that-count.js';
import { lifecyclePolicy } from '#persistence/chains/chain-settings.js';
import { type ChainTrust, chainTrust } from '#persistence/chains/chain-trust.js';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { listKeys, type RegisteredKey } from '#persistence/trust/find-keys.js';
import { toKeyRecord } from '#persistence/trust/key-records.js';
import { eventsOfKey } from '#persistence/trust/list-events.js';
import { registerKeys } from '#persistence/trust/register-keys.js';
import { writtenTrust } from '#persistence/trust/written-trust.js';
import { inTurn, turnForTrust } from '#persistence/turn.js';
import { type VerdictsByKey, verdictsByKey } from '#persistence/verdicts/verdicts-by-key.js';
import { Problem } from '#platform/problems.js';
import { Journal } from '#storage/journal.js';
import { MetadataReader } from '#storage/metadata-reader.js';
import type { Author } from '../author.js';
import { admitKeys } from '../chains/admit-keys.js';
import { eventInfo } from '../event-info.js';
import { describeKnownKey } from './describe-known-key.js';
import { type KeyHistory, type KeyInfo, keyInfo } from './key-info.js';
import type { KeyRequest } from './key-request.js';
import { keyRoles } from './key-roles.js';
import { knownKey } from './known-key.js';
import { recordChange } from './record-change.js';

export interface ChangeInfo {
  readonly fingerprint: string;
  readonly change: KeyChange;
  readonly verdicts: VerdictsByKey;
}

/** The keys that a chain has known, and what it holds of them. */
@Injectable()
export class KeyService {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly reader: MetadataReader,
    private readonly journal: Journal,
  ) {}

  async list(chain: ChainName): Promise<KeyInfo[]> {
    const trust = await this.trustOf(chain);
    const roleOf = await keyRoles(this.reader, trust);
    const keys = await listKeys(this.source, chain.id);
    return keys.map((key) => keyInfo(key, roleOf, lifecyclePolicy(trust.settings), new Date()));
  }

  /** `name` is a fingerprint, or an id that only one key has. */
  async show(chain: ChainName, name: string): Promise<KeyHistory> {
    const trust = await this.trustOf(chain);
    const key = await knownKey(this.source, chain.id, name);
    const events = await eventsOfKey(this.source, chain.id, key.fingerprint);
    const roleOf = await keyRoles(this.reader, trust);
    return {
      ...keyInfo(key, roleOf, lifecyclePolicy(trust.settings), new Date()),
      key: key.key,
      events: events.map(eventInfo),
      verdicts: await this.verdictsBy(chain, key),
    };
  }

  /** Registers the key unless it is known, and says of it what the request says. */
  async register(chain: ChainName, request: KeyRequest, actor: string): Promise<{ fingerprint: string }> {
    const author = { actor, reason: request.reason };
    const admitted = await admitKeys([request.key], () => 'key');
    const fingerprint = admitted.map(({ fingerprint }) => fingerprint).join();
    const keys = admitted.map(({ key }) => key);
    await inTurn(this.source, turnForTrust(chain.id, actor), async (tx) => {
      await registerKeys(tx, chain.id, keys, author);
      const key = await knownKey(tx, chain.id, fingerprint);
      await describeKnownKey(tx, chain.id, key, request, author);
      await this.journal.append(chain.name, await writtenTrust(tx, chain.id));
    });
    return { fingerprint };
  }

  /** The change decides from the moment it is committed; what it costs is counted afterwards. */
  async change(
    chain: ChainName,
    name: string,
    changeAt: (now: Date) => KeyChangeKind,
    author: Author,
  ): Promise<ChangeInfo> {
    const { key, change } = await inTurn(this.source, turnForTrust(chain.id, author.actor), async (tx) => {
      const [{ now }] = await tx.query<[{ now: Date }]>(
        'select clock_timestamp() as now from chain where id = $1 for update',
        [chain.id],
      );
      const known = await knownKey(tx, chain.id, name);
      const change = await recordChange(tx, chain.id, known, changeAt(now), author);
      await this.journal.append(chain.name, await writtenTrust(tx, chain.id));
      return { key: known, change };
    });
    const changed = await knownKey(this.source, chain.id, key.fingerprint.toString('hex'));
    return {
      fingerprint: key.fingerprint.toString('hex'),
      change,
      verdicts: await this.verdictsBy(chain, changed),
    };
  }

  private async verdictsBy(chain: ChainName, key: RegisteredKey): Promise<VerdictsByKey> {
    const { settings } = await this.trustOf(chain);
    const receipts = receiptsThatCount(toKeyRecord(key), lifecyclePolicy(settings));
    return verdictsByKey(this.source, chain.id, key.fingerprint, receipts);
  }

  private async trustOf(chain: ChainName): Promise<ChainTrust> {
    const trust = await chainTrust(this.source, chain.id);
    if (!trust) {
      throw new Problem('CHAIN_UNKNOWN');
    }
    return trust;
  }
}
