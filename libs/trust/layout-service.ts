import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  checkLayoutFile,
  type Layout,
  type Metadata,
  parseMetadata,
  parsePublicKey,
  validSignatures,
} from '#in-toto/index.js';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { insertLayout, type NewLayout } from '#persistence/layouts/insert-layout.js';
import { markEverySubject } from '#persistence/subjects/marks.js';
import { inTransaction, type Transaction } from '#persistence/transaction.js';
import { registerKeys } from '#persistence/trust/register-keys.js';
import { writtenTrust } from '#persistence/trust/written-trust.js';
import { Problem } from '#platform/problems.js';
import { refuseIssues } from '#platform/refuse-issues.js';
import { BlobStore } from '#storage/blob-store.js';
import { blobKey, readVerified, sha256 } from '#storage/content-address.js';
import { Journal } from '#storage/journal.js';
import type { TrustRecord } from '#storage/journal-record.js';
import { WaitingLinks } from './prove-waiting-links.js';

export interface LayoutInfo {
  readonly id: string;
  readonly chain: string;
  /** 1 for the chain's first layout, then counting up. */
  readonly version: number;
  readonly active: boolean;
  readonly expires: string;
  readonly steps: readonly string[];
  /** Legal but worth a second look, such as a rule list that lets unmatched artifacts through. */
  readonly warnings: readonly { code: string; where: string; message: string; fix: string }[];
}

/** Takes in layouts: parsed, screened, signed by the owners, stored, put in force. */
@Injectable()
export class LayoutService {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly blobs: BlobStore,
    private readonly waiting: WaitingLinks,
    private readonly journal: Journal,
  ) {}

  async activate(
    chain: ChainName,
    bytes: Buffer,
    actor: string,
    at: Date,
  ): Promise<{ created: boolean; layout: LayoutInfo }> {
    const metadata = parseMetadata(bytes);
    const layout = expectLayout(metadata);
    const issues = checkLayoutFile(bytes, metadata);
    refuseIssues(issues, 'LAYOUT_REFUSED');
    const expires = expectExpiry(layout, at);
    await this.requireOwners(chain, metadata, at);

    const id = sha256(bytes);
    await this.blobs.put(blobKey(chain.name, 'layouts', id), bytes);
    const { created, version } = await inTransaction(this.source, async (tx) => {
      const put = await putInForce(tx, chain, { id, statement: sha256(metadata.signedBytes), expires });
      const reason = `A functionary in version ${put.version} of the layout.`;
      await registerKeys(tx, chain.id, [...layout.keys.values()], { actor, reason });
      await this.journal.append(chain.name, [...put.records, ...(await writtenTrust(tx, chain.id))]);
      return put;
    });
    await this.waiting.prove(chain, layout, at);
    const warnings = issues.map(({ code, where, message, fix }) => ({ code, where, message, fix }));
    return {
      created,
      layout: {
        id: id.toString('hex'),
        chain: chain.name,
        version,
        active: true,
        expires: expires.toISOString(),
        steps: layout.steps.map((step) => step.name),
        warnings,
      },
    };
  }

  async bytes(chain: ChainName, id: Buffer): Promise<Buffer> {
    const [row] = await this.source.query<object[]>('select 1 from layout where chain_id = $1 and id = $2', [
      chain.id,
      id,
    ]);
    const bytes = row && (await readVerified(this.blobs, chain.name, 'layouts', id));
    if (!bytes) {
      throw new Problem('LAYOUT_UNKNOWN');
    }
    return bytes;
  }

  private async requireOwners(chain: ChainName, metadata: Metadata, at: Date): Promise<void> {
    const [row] = await this.source.query<OwnersRow[]>(
      'select owner_keys, owner_threshold from chain where id = $1',
      [chain.id],
    );
    if (!row) {
      throw new Problem('CHAIN_UNKNOWN');
    }
    if (metadata.signatures.length === 0) {
      throw new Problem('UNSIGNED');
    }
    const owners = row.owner_keys.map(parsePublicKey);
    const signers = validSignatures(metadata, owners, at);
    if (signers.length < row.owner_threshold) {
      throw new Problem('LAYOUT_NOT_SIGNED_BY_OWNERS', {
        detail:
          `${row.owner_threshold} of the owners ${owners.map((key) => key.keyid).join(', ')} must sign; ` +
          `valid: ${signers.join(', ') || 'none'}; the file is signed by ${metadata.signatures.map((s) => s.keyid).join(', ')}.`,
      });
    }
  }
}

interface OwnersRow {
  readonly owner_keys: Parameters<typeof parsePublicKey>[0][];
  readonly owner_threshold: number;
}

function expectLayout(metadata: Metadata): Layout {
  if (metadata.payload.type !== 'layout') {
    throw new Problem('LAYOUT_EXPECTED');
  }
  return metadata.payload;
}

function expectExpiry(layout: Layout, at: Date): Date {
  if (!(layout.expires instanceof Date)) {
    throw new Problem('METADATA_INVALID', { detail: 'The layout does not say when it expires.' });
  }
  if (layout.expires.getTime() <= at.getTime()) {
    throw new Problem('LAYOUT_EXPIRED', { detail: `The layout expired at ${layout.expires.toISOString()}.` });
  }
  return layout.expires;
}

interface PutInForce {
  readonly created: boolean;
  readonly version: number;
  /** What the journal is told of it. */
  readonly records: readonly TrustRecord[];
}

/**
 * Makes the layout the chain's active one, with the next version. A layout that a newer one replaced does not come back
 * by posting it again, in its old bytes or others that the same signatures cover: that would be a rollback.
 */
async function putInForce(tx: Transaction, chain: ChainName, layout: NewLayout): Promise<PutInForce> {
  const [{ active_layout: active }] = await tx.query<[{ active_layout: Buffer | null }]>(
    'select active_layout from chain where id = $1 for update',
    [chain.id],
  );
  const same = await tx.query<{ id: Buffer; version: number }[]>(
    'select id, version from layout where chain_id = $1 and statement = $2 order by version desc',
    [chain.id, layout.statement],
  );
  const [newest] = same;
  const known = same.find(({ id }) => id.equals(layout.id));
  if (newest && (!active?.equals(newest.id) || (known && known !== newest))) {
    throw new Problem('LAYOUT_SUPERSEDED', {
      detail: `This layout was version ${(known ?? newest).version} and has been replaced.`,
    });
  }
  if (known) {
    return { created: false, version: known.version, records: [] };
  }
  const { version, receivedAt } = await insertLayout(tx, chain.id, layout);
  await markEverySubject(tx, chain.id);
  const [at, id] = [receivedAt.toISOString(), layout.id.toString('hex')];
  return { created: true, version, records: [{ v: 1, kind: 'layout', at, id, version }] };
}
