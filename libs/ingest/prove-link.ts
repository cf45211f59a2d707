import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import {
  type JsonValue,
  type Metadata,
  type PublicKey,
  parsePublicKey,
  validSigners,
} from '#in-toto/index.js';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { fingerprintBytes } from '#persistence/uploads/read-upload.js';
import type { WhoMaySign } from '#persistence/uploads/upload-reader.js';
import { BlobStore } from '#storage/blob-store.js';
import { readVerified } from '#storage/content-address.js';
import { BlobLostError, MetadataReader } from '#storage/metadata-reader.js';

/** How long the layout in force is taken to be still in force. */
const REMEMBERED_MS = 1_000;

interface Trust {
  readonly layout: Buffer | null;
  readonly owners: readonly PublicKey[];
}

interface TrustRow {
  readonly active_layout: Buffer | null;
  readonly owner_keys: readonly JsonValue[];
}

/**
 * Says who, of those who may by the layout in force, has validly signed a link: where it is indexed, and since when it is
 * known that they say so. Forged links must not stand in the way of the true ones, nor make them old. A verification checks
 * every signature again.
 */
@Injectable()
export class LinkProver {
  private readonly inForce = new LRUCache<number, Trust>({
    max: 10_000,
    ttl: REMEMBERED_MS,
    fetchMethod: (chainId) => this.trustOf(chainId),
  });

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly reader: MetadataReader,
    private readonly blobs: BlobStore,
  ) {}

  /** As in NewLink. A link of a run is found the same either way, so for it an answer by the layout of a second ago will do. */
  async signersOf(
    chain: ChainName,
    metadata: Metadata,
    run: string | undefined,
    at: Date,
  ): Promise<Buffer[]> {
    const known = await this.inForce.fetch(chain.id);
    const signers = known ? await this.signersBy(known, chain, metadata, at) : [];
    return signers.length > 0 || run !== undefined
      ? signers
      : this.signersBy(await this.trustOf(chain.id), chain, metadata, at);
  }

  /** For a link that is read elsewhere. */
  async whoMaySign(chain: ChainName): Promise<WhoMaySign> {
    const row = await this.trustRow(chain.id);
    const id = row?.active_layout;
    const bytes = id && (await readVerified(this.blobs, chain.name, 'layouts', id));
    if (id && !bytes) {
      throw new BlobLostError(
        `the bytes of layout ${id.toString('hex')} of ${chain.name} are not in the blob store`,
      );
    }
    return { layout: bytes ?? undefined, owners: row?.owner_keys ?? [] };
  }

  private async signersBy(
    { layout, owners }: Trust,
    chain: ChainName,
    metadata: Metadata,
    at: Date,
  ): Promise<Buffer[]> {
    const payload = layout && (await this.reader.read(chain.name, 'layouts', layout)).payload;
    return payload?.type === 'layout'
      ? validSigners(payload, owners, metadata, at).map(fingerprintBytes)
      : [];
  }

  private async trustOf(chainId: number): Promise<Trust> {
    const row = await this.trustRow(chainId);
    return { layout: row?.active_layout ?? null, owners: (row?.owner_keys ?? []).map(parsePublicKey) };
  }

  private async trustRow(chainId: number): Promise<TrustRow | undefined> {
    const [row] = await this.source.query<TrustRow[]>(
      'select active_layout, owner_keys from chain where id = $1',
      [chainId],
    );
    return row;
  }
}
