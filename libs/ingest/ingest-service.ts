import { Injectable } from '@nestjs/common';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import type { Poster } from '#persistence/postings/poster.js';
import { readNewLink } from '#persistence/uploads/read-upload.js';
import { READ_AT_ONCE_BYTES, UploadReader } from '#persistence/uploads/upload-reader.js';
import type { WrappedLink } from '#persistence/uploads/wrapped-link.js';
import { FairSlots, type Owner } from '#platform/fair-slots.js';
import { BlobStore } from '#storage/blob-store.js';
import { blobKey } from '#storage/content-address.js';
import { DailyQuota } from './daily-quota.js';
import { LinkIndex } from './link-index.js';
import { LinkProver } from './prove-link.js';

/** What the client tells about a link beside its bytes. */
export interface Circumstances {
  readonly run?: string | undefined;
  /** 1, 2, 3 … as CI repeats a job of the run. */
  readonly attempt: number;
  readonly subject?: Buffer | undefined;
}

/** Where a link goes, and by whom it is posted. */
export interface Destination {
  readonly chain: ChainName;
  readonly poster: Poster;
  /** Rejects when the token would not be let in any more: reading a link, and waiting for one's turn, take their time. */
  confirm(): Promise<void>;
}

export interface LinkInfo {
  readonly id: string;
  readonly chain: string;
  readonly step: string;
  readonly keyids: readonly string[];
  readonly container: 'metablock' | 'dsse';
  readonly size: number;
  readonly run: string | null;
  readonly attempt: number;
  /** Who posted it now. */
  readonly principal: string;
  readonly receivedAt: string;
}

/** While a smaller blob is being written, its transaction may be open; for a larger one it would be open for too long. */
const SOON_WRITTEN = 64 * 1024;

/** Half of what the blob store takes: records of the journal, for which transactions wait, are not behind a flood of links. */
const WRITES_AT_ONCE = 32;

/** Takes in links: parsed strictly, then the blob, then the index and the outbox in one transaction, shared. */
@Injectable()
export class IngestService {
  private readonly writes = new FairSlots(WRITES_AT_ONCE);

  constructor(
    private readonly blobs: BlobStore,
    private readonly index: LinkIndex,
    private readonly prover: LinkProver,
    private readonly quota: DailyQuota,
    private readonly reader: UploadReader,
  ) {}

  /** When it resolves, the link can no longer be lost. */
  async accept(
    destination: Destination,
    bytes: Buffer,
    { run, attempt, subject }: Circumstances,
  ): Promise<{ created: boolean; link: LinkInfo }> {
    const { chain, poster, confirm } = destination;
    const { link, ...proof } = await this.read(destination, bytes, run, new Date());
    await confirm();
    await this.quota.charge(poster.token, bytes.length);
    const { done: written } = await this.writes.begin(ownerOf(destination), () =>
      this.blobs.put(blobKey(chain.name, 'links', link.id), bytes),
    );
    if (bytes.length > SOON_WRITTEN) {
      await written;
    }
    await confirm();
    const arrived = { ...link, ...proof, run, attempt, declared: subject, poster };
    const indexed = await this.index.store(chain, arrived, written);
    return {
      created: indexed.created,
      link: {
        id: link.id.toString('hex'),
        chain: chain.name,
        step: link.step,
        keyids: link.keyids,
        container: link.container,
        size: link.size,
        run: run ?? null,
        attempt,
        principal: poster.principal,
        receivedAt: indexed.receivedAt.toISOString(),
      },
    };
  }

  /** What a line of a batch wraps; undefined when it is a file by itself. */
  unwrap(destination: Destination, line: Buffer): Promise<WrappedLink | undefined> {
    return this.reader.line(line, ownerOf(destination));
  }

  /** A small file is read at once; going to a thread and back would take longer. */
  private async read(destination: Destination, bytes: Buffer, run: string | undefined, at: Date) {
    const { chain } = destination;
    if (bytes.length > READ_AT_ONCE_BYTES) {
      return this.reader.link(bytes, await this.prover.whoMaySign(chain), at, ownerOf(destination));
    }
    const { metadata, ...link } = readNewLink(bytes);
    return { link, ...(await this.prover.signersOf(chain, metadata, run, at)) };
  }
}

function ownerOf({ chain, poster }: Destination): Owner {
  return { chain: chain.name, principal: poster.principal };
}
