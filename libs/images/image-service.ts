import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { holdChainForSubject } from '#persistence/subjects/chain-lock.js';
import { insertRelations, knownRelatives } from '#persistence/subjects/image-relations.js';
import { makeKnown, relateSubjects } from '#persistence/subjects/known-subjects.js';
import { markSubjects } from '#persistence/subjects/marks.js';
import { readImageFile } from '#persistence/subjects/read-manifest.js';
import { inTransaction } from '#persistence/transaction.js';
import { writeDigest } from '#platform/digest.js';
import { BlobStore } from '#storage/blob-store.js';
import { blobKey } from '#storage/content-address.js';

export interface ImageInfo {
  readonly digest: string;
  readonly kind: 'index' | 'manifest';
  /** Digests that the file relates to its own: the manifests of an index, the config of a manifest. */
  readonly related: readonly string[];
}

/** Takes in image manifests and indexes, by which digests of one image are known to belong together. */
@Injectable()
export class ImageService {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly blobs: BlobStore,
  ) {}

  async accept(chain: ChainName, bytes: Buffer): Promise<ImageInfo> {
    const { digest, kind, relations } = readImageFile(bytes);
    await this.blobs.put(blobKey(chain.name, 'manifests', digest), bytes);
    await inTransaction(this.source, async (tx) => {
      await holdChainForSubject(tx, chain.id);
      await insertRelations(tx, chain.id, relations);
      // The manifests of an index are what it is judged by, so their verdicts are kept up to date with it.
      const own = kind === 'index' ? relations.map(({ covered }) => covered) : [];
      await makeKnown(tx, chain.id, [digest, ...own]);
      const touched = await knownRelatives(tx, chain.id, [
        digest,
        ...relations.map(({ covered }) => covered),
      ]);
      await relateSubjects(tx, chain.id, touched);
      await markSubjects(tx, chain.id, touched);
    });
    const others = relations.map(({ covered, covering }) => (covered.equals(digest) ? covering : covered));
    return { digest: writeDigest(digest), kind, related: others.map(writeDigest) };
  }
}
