import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { type JsonValue, type Metadata, parseMetadata, parsePublicKey } from '#in-toto/index.js';
import { type ChainTrust, chainTrust } from '#persistence/chains/chain-trust.js';
import { linksOfSubject } from '#persistence/subjects/subject-evidence.js';
import { BlobStore } from '#storage/blob-store.js';
import { type BlobKind, readVerified } from '#storage/content-address.js';
import type { Inputs } from './judge.js';

/** Bytes of metadata files kept parsed. */
const CACHE_BYTES = 64 * 1024 * 1024;

/** The index speaks of a blob that is not in the store. Nothing may be concluded from the rest. */
export class EvidenceLostError extends Error {
  override readonly name = 'EvidenceLostError';
}

/** Gathers what a verdict follows from: the index says which files, the blob store has them, every hash is checked. */
@Injectable()
export class EvidenceReader {
  private readonly parsed = new LRUCache<string, { metadata: Metadata; size: number }>({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ size }) => size,
  });

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly blobs: BlobStore,
  ) {}

  /** Undefined when the chain does not exist any more. */
  async gather(chainId: number, subject: Buffer): Promise<Inputs | undefined> {
    const trust = await chainTrust(this.source, chainId);
    if (!trust) {
      return undefined;
    }
    const runs = await linksOfSubject(this.source, chainId, subject);
    return {
      subject,
      layout: await this.layoutOf(trust),
      owners: {
        keys: trust.ownerKeys.map((key) => parsePublicKey(key as JsonValue)),
        threshold: trust.ownerThreshold,
      },
      runs: await Promise.all(
        runs.map(async (members) => ({
          run: members[0]?.run ?? '',
          links: await Promise.all(
            members.map(async ({ linkId, seq }) => ({
              id: linkId.toString('hex'),
              seq,
              metadata: await this.read(trust.name, 'links', linkId),
            })),
          ),
        })),
      ),
    };
  }

  private async layoutOf({ name, activeLayout }: ChainTrust): Promise<Inputs['layout']> {
    return (
      activeLayout && {
        id: activeLayout.id.toString('hex'),
        version: activeLayout.version,
        metadata: await this.read(name, 'layouts', activeLayout.id),
      }
    );
  }

  private async read(chain: string, kind: BlobKind, id: Buffer): Promise<Metadata> {
    const key = id.toString('hex');
    const known = this.parsed.get(key);
    if (known) {
      return known.metadata;
    }
    const bytes = await readVerified(this.blobs, chain, kind, id);
    if (!bytes) {
      throw new EvidenceLostError(`the bytes of ${kind} ${key} of ${chain} are not in the blob store`);
    }
    const metadata = parseMetadata(bytes);
    this.parsed.set(key, { metadata, size: bytes.length + 1 });
    return metadata;
  }
}
