import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { type IndexedLink, type NewLink, wakerOf } from '#persistence/links/new-link.js';
import type { Posting } from '#persistence/links/postings.js';
import { storeLinks } from '#persistence/links/store-links.js';
import { inTransaction } from '#persistence/transaction.js';
import { toProblem } from '#platform/problem-filter.js';
import { Journal } from '#storage/journal.js';
import { linkRecord } from '#storage/posting-records.js';
import { Batcher, type BatchLimits } from './batcher.js';

/** A database that takes this long for a batch is as good as away, unless the batch is a link of very many artifacts. */
const PATIENCE = { milliseconds: 5_000, perThousandArtifacts: 200 };

const DIGEST_BYTES = 32;

/**
 * Two at once: while one commits, the other's statements keep the database busy. But two that share a handful of links
 * cost more than one: measured, both places were taken by single links while the others waited.
 */
const LIMITS: BatchLimits<Arrived> = {
  batchesAtOnce: 2,
  worthAnother: 16,
  items: 64,
  weight: 20_000,
  weigh: ({ link }) => artifactsOf(link),
  ownerOf: ({ link }) => wakerOf(link),
};

interface Arrived {
  readonly link: NewLink;
  /** Resolves when its bytes are durable. */
  readonly blob: Promise<void>;
}

/**
 * Puts links into the index. Those of one chain that arrive together share a transaction: a commit costs the same for
 * one link as for many. A batch is bounded by its links and by the artifacts they name.
 */
@Injectable()
export class LinkIndex {
  /** Only chains that have something to do. */
  private readonly chains = new Map<number, Batcher<Arrived, IndexedLink>>();

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly journal: Journal,
  ) {}

  /**
   * When it resolves, the link, its membership in its run and the marks of its subjects are committed. The statements
   * may run while the blob is still being written; whatever speaks of the link outside of the transaction comes after.
   */
  store(chain: ChainName, link: NewLink, blob: Promise<void>): Promise<IndexedLink> {
    // If it fails, its transaction does; who did not get so far says why.
    blob.catch(() => undefined);
    const batcher = this.chains.get(chain.id) ?? this.open(chain);
    return batcher.add({ link, blob });
  }

  private open(chain: ChainName): Batcher<Arrived, IndexedLink> {
    const batcher = new Batcher<Arrived, IndexedLink>(
      (arrived) => this.storeAll(chain, arrived),
      LIMITS,
      (error) => toProblem(error).code === 'UNAVAILABLE',
      () => this.chains.delete(chain.id),
    );
    this.chains.set(chain.id, batcher);
    return batcher;
  }

  /** Blob before record before commit: a crash leaves a blob that nobody refers to, never a record or row without bytes. */
  private storeAll({ id, name }: ChainName, arrived: readonly Arrived[]): Promise<IndexedLink[]> {
    const links = arrived.map(({ link }) => link);
    const record = async (postings: readonly Posting[]): Promise<void> => {
      await Promise.all(arrived.map(({ blob }) => blob));
      await this.journal.append(name, postings.map(linkRecord));
    };
    const artifacts = links.reduce((sum, link) => sum + artifactsOf(link), 0);
    const milliseconds = PATIENCE.milliseconds + (artifacts / 1_000) * PATIENCE.perThousandArtifacts;
    return inTransaction(this.source, (tx) => storeLinks(tx, id, links, record), { milliseconds });
  }
}

function artifactsOf({ materials, products }: NewLink): number {
  return (materials.length + products.length) / DIGEST_BYTES;
}
