import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import type { Poster } from '#persistence/postings/poster.js';
import { storeImage } from '#persistence/subjects/store-image.js';
import { inTurn, turnForSubjects } from '#persistence/turn.js';
import { UploadReader } from '#persistence/uploads/upload-reader.js';
import { writeDigest } from '#platform/digest.js';
import { BlobStore } from '#storage/blob-store.js';
import { blobKey } from '#storage/content-address.js';
import { Journal } from '#storage/journal.js';
import { imageRecord } from '#storage/posting-records.js';

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
    private readonly reader: UploadReader,
    private readonly journal: Journal,
  ) {}

  async accept(chain: ChainName, bytes: Buffer, poster: Poster): Promise<ImageInfo> {
    const { principal } = poster;
    const { digest, kind, relations } = await this.reader.image(bytes, { chain: chain.name, principal });
    await this.blobs.put(blobKey(chain.name, 'manifests', digest), bytes);
    await inTurn(this.source, turnForSubjects(chain.id, principal), (tx) =>
      storeImage(
        tx,
        chain.id,
        { digest, kind, relations },
        { poster, record: (at) => this.journal.append(chain.name, [imageRecord(digest, poster, at)]) },
      ),
    );
    const others = relations.map(({ covered, covering }) => (covered.equals(digest) ? covering : covered));
    return { digest: writeDigest(digest), kind, related: others.map(writeDigest) };
  }
}
