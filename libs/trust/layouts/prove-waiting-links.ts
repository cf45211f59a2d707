import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type Layout, type PublicKey, parsePublicKey, signersOf, validSigners } from '#in-toto/index.js';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { sha256Digests } from '#persistence/links/artifact-digests.js';
import { setProven, type UnprovenLink, unprovenLinks } from '#persistence/links/unproven-links.js';
import { inTransaction } from '#persistence/transaction.js';
import { rootInForce } from '#persistence/trust/root-in-force.js';
import { fingerprintBytes } from '#persistence/uploads/read-upload.js';
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
    const root = await rootInForce(this.source, chain.id);
    const owners = (root?.keys ?? []).map(({ key }) => parsePublicKey(key));
    const may = [...signersOf(layout, owners).values()].flat();
    const keyids = [...new Set(may.map(({ signsAs }) => signsAs))];
    for (const link of await unprovenLinks(this.source, chain.id, keyids, LINKS_PER_KEY)) {
      await this.proveOne(chain, layout, owners, link);
    }
  }

  private async proveOne(
    chain: ChainName,
    layout: Layout,
    owners: readonly PublicKey[],
    link: UnprovenLink,
  ): Promise<void> {
    const metadata = await this.reader.read(chain.name, 'links', link.id);
    const { payload } = metadata;
    const signers = validSigners(layout, owners, metadata, link.receivedAt).map(fingerprintBytes);
    if (payload.type === 'link' && signers.length > 0) {
      const found = {
        signers,
        materials: sha256Digests(payload.materials),
        products: sha256Digests(payload.products),
      };
      await inTransaction(this.source, (tx) => setProven(tx, chain.id, { ...link, ...found }));
    }
  }
}
