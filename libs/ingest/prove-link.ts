import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { isProven, type Metadata } from '#in-toto/index.js';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { BlobStore } from '#storage/blob-store.js';
import { readVerified } from '#storage/content-address.js';
import { BlobLostError, MetadataReader } from '#storage/metadata-reader.js';

/** How long the layout in force is taken to be still in force. */
const REMEMBERED_MS = 1_000;

/**
 * Says whether a functionary of the link's step, by the layout in force, has validly signed it. It decides nothing but
 * where the link is indexed: a flood of forged links must not stand in the way of the true ones when evidence is looked
 * for. A verification checks every signature again.
 */
@Injectable()
export class LinkProver {
  private readonly active = new LRUCache<number, { layout: Buffer | null }>({
    max: 10_000,
    ttl: REMEMBERED_MS,
    fetchMethod: async (chainId) => ({ layout: await this.activeLayout(chainId) }),
  });

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly reader: MetadataReader,
    private readonly blobs: BlobStore,
  ) {}

  /** A link of a run is found the same either way, so for it an answer by the layout of a second ago will do. */
  async isProven(chain: ChainName, metadata: Metadata, run: string | undefined, at: Date): Promise<boolean> {
    const known = await this.active.fetch(chain.id);
    if (known?.layout && (await this.isProvenBy(known.layout, chain, metadata, at))) {
      return true;
    }
    const layout = run === undefined ? await this.activeLayout(chain.id) : null;
    return layout !== null && this.isProvenBy(layout, chain, metadata, at);
  }

  /** The bytes of the layout in force, for a link that is read elsewhere. */
  async layoutInForce(chain: ChainName): Promise<Buffer | undefined> {
    const id = await this.activeLayout(chain.id);
    const bytes = id && (await readVerified(this.blobs, chain.name, 'layouts', id));
    if (id && !bytes) {
      throw new BlobLostError(
        `the bytes of layout ${id.toString('hex')} of ${chain.name} are not in the blob store`,
      );
    }
    return bytes ?? undefined;
  }

  private async isProvenBy(layout: Buffer, chain: ChainName, metadata: Metadata, at: Date): Promise<boolean> {
    const { payload } = await this.reader.read(chain.name, 'layouts', layout);
    return payload.type === 'layout' && isProven(payload, metadata, at);
  }

  private async activeLayout(chainId: number): Promise<Buffer | null> {
    const [row] = await this.source.query<{ active_layout: Buffer | null }[]>(
      'select active_layout from chain where id = $1',
      [chainId],
    );
    return row?.active_layout ?? null;
  }
}
