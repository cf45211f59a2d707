import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { writtenTrust } from '#persistence/trust/written-trust.js';
import { inTurn, turnForTrust } from '#persistence/turn.js';
import { UploadReader } from '#persistence/uploads/upload-reader.js';
import { Problem } from '#platform/problems.js';
import { BlobStore } from '#storage/blob-store.js';
import { blobKey, readVerified } from '#storage/content-address.js';
import { Journal } from '#storage/journal.js';
import { MetadataReader } from '#storage/metadata-reader.js';
import type { Author } from '../author.js';
import { type Placement, placeLayout } from './place-layout.js';
import { WaitingLinks } from './prove-waiting-links.js';
import { putLayoutInForce } from './put-layout-in-force.js';
import { expiryOf, type LayoutFile, readLayout, requireSound, requireUnexpired } from './read-layout.js';

export interface LayoutInfo {
  readonly id: string;
  readonly chain: string;
  /** 1 for the chain's first layout, then counting up. The same layout with more signatures keeps its version. */
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
    private readonly metadata: MetadataReader,
    private readonly reader: UploadReader,
    private readonly waiting: WaitingLinks,
    private readonly journal: Journal,
  ) {}

  async activate(
    chain: ChainName,
    bytes: Buffer,
    author: Author,
    at: Date,
  ): Promise<{ created: boolean; layout: LayoutInfo }> {
    const owner = { chain: chain.name, principal: author.actor };
    const file = await readLayout(bytes, (layout) => this.reader.layoutIssues(layout, owner));
    requireSound(file);
    requireUnexpired(file, at);
    await placeLayout(this.source, this.metadata, chain, file, at);
    await this.blobs.put(blobKey(chain.name, 'layouts', file.id), bytes);
    const placement = await inTurn(this.source, turnForTrust(chain.id, author.actor), async (tx) => {
      await tx.query('select from chain where id = $1 for update', [chain.id]);
      const placed = await placeLayout(tx, this.metadata, chain, file, at);
      await putLayoutInForce(tx, chain, file, placed, author);
      await this.journal.append(chain.name, await writtenTrust(tx, chain.id));
      return placed;
    });
    await this.waiting.prove(chain, file.layout);
    return { created: placement.kind !== 'unchanged', layout: toInfo(chain, file, placement) };
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
}

function toInfo(chain: ChainName, file: LayoutFile, { id, version }: Placement): LayoutInfo {
  return {
    id: id.toString('hex'),
    chain: chain.name,
    version,
    active: true,
    expires: expiryOf(file).toISOString(),
    steps: file.layout.steps.map((step) => step.name),
    warnings: file.issues.map(({ code, where, message, fix }) => ({ code, where, message, fix })),
  };
}
