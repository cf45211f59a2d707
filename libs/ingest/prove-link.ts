import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { isProven, type Metadata } from '#in-toto/index.js';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { MetadataReader } from '#storage/metadata-reader.js';

/**
 * Says whether a functionary of the link's step, by the layout in force, has validly signed it. It decides nothing but
 * where the link is indexed: a flood of forged links must not stand in the way of the true ones when evidence is looked
 * for. A verification checks every signature again.
 */
@Injectable()
export class LinkProver {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly reader: MetadataReader,
  ) {}

  async isProven(chain: ChainName, metadata: Metadata, at: Date): Promise<boolean> {
    const [row] = await this.source.query<{ active_layout: Buffer | null }[]>(
      'select active_layout from chain where id = $1',
      [chain.id],
    );
    if (!row?.active_layout) {
      return false;
    }
    const { payload } = await this.reader.read(chain.name, 'layouts', row.active_layout);
    return payload.type === 'layout' && isProven(payload, metadata, at);
  }
}
