import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { functionariesOf, isProven, type Layout } from '#in-toto/index.js';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { sha256Digests } from '#persistence/links/artifact-digests.js';
import { setProven, type UnprovenLink, unprovenLinks } from '#persistence/links/unproven-links.js';
import { inTransaction } from '#persistence/transaction.js';
import { MetadataReader } from '#storage/metadata-reader.js';

/** Links of one key that are looked at again; who has more waiting posts them again. */
const LINKS_PER_KEY = 500;

/**
 * Links may come before the layout that says who may sign them. They were stored as unproven then, and a search for
 * evidence passes them over; a new layout looks again.
 */
@Injectable()
export class WaitingLinks {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly reader: MetadataReader,
  ) {}

  async prove(chain: ChainName, layout: Layout): Promise<void> {
    const functionaries = [...functionariesOf(layout).values()].flat();
    const keyids = [...new Set(functionaries.map(({ signsAs }) => signsAs))];
    for (const link of await unprovenLinks(this.source, chain.id, keyids, LINKS_PER_KEY)) {
      await this.proveOne(chain, layout, link);
    }
  }

  private async proveOne(chain: ChainName, layout: Layout, link: UnprovenLink): Promise<void> {
    const metadata = await this.reader.read(chain.name, 'links', link.id);
    const { payload } = metadata;
    if (payload.type === 'link' && isProven(layout, metadata, link.receivedAt)) {
      const digests = {
        materials: sha256Digests(payload.materials),
        products: sha256Digests(payload.products),
      };
      await inTransaction(this.source, (tx) => setProven(tx, chain.id, { ...link, ...digests }));
    }
  }
}
