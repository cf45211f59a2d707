import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { functionariesOf, type Metadata, validSignatures } from '#in-toto/index.js';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { MetadataReader } from '#storage/metadata-reader.js';

/** How long the layout in force is taken to be still in force. */
const REMEMBERED_MS = 1_000;

type Functionaries = ReturnType<typeof functionariesOf>;

export interface LinkToProve {
  readonly step: string;
  readonly metadata: Metadata;
  readonly run: string | undefined;
}

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
  /** By the layout's id: reading its keys costs more than checking a signature. */
  private readonly functionaries = new LRUCache<string, Functionaries>({ max: 1_000 });

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly reader: MetadataReader,
  ) {}

  /** A link of a run is indexed the same either way, so for it an answer by the layout of a second ago will do. */
  async isProven(chain: ChainName, link: LinkToProve, at: Date): Promise<boolean> {
    const known = await this.active.fetch(chain.id);
    if (await this.isProvenBy(known?.layout, chain, link, at)) {
      return true;
    }
    if (link.run !== undefined) {
      return false;
    }
    return this.isProvenBy(await this.activeLayout(chain.id), chain, link, at);
  }

  private async isProvenBy(
    layout: Buffer | null | undefined,
    chain: ChainName,
    { step, metadata }: LinkToProve,
    at: Date,
  ): Promise<boolean> {
    if (!layout) {
      return false;
    }
    const functionaries = (await this.functionariesBy(layout, chain)).get(step) ?? [];
    const keyids = new Set(metadata.signatures.map(({ keyid }) => keyid));
    const named = functionaries.filter(({ signsAs }) => keyids.has(signsAs));
    return named.some(({ key }) => validSignatures(metadata, [key], at).length > 0);
  }

  private async functionariesBy(layout: Buffer, chain: ChainName): Promise<Functionaries> {
    const hex = layout.toString('hex');
    const known = this.functionaries.get(hex);
    if (known) {
      return known;
    }
    const { payload } = await this.reader.read(chain.name, 'layouts', layout);
    const read: Functionaries = payload.type === 'layout' ? functionariesOf(payload) : new Map();
    this.functionaries.set(hex, read);
    return read;
  }

  private async activeLayout(chainId: number): Promise<Buffer | null> {
    const [row] = await this.source.query<{ active_layout: Buffer | null }[]>(
      'select active_layout from chain where id = $1',
      [chainId],
    );
    return row?.active_layout ?? null;
  }
}
