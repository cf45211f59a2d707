import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { fingerprintOf, type Layout } from '#in-toto/index.js';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { keyRecords } from '#persistence/trust/key-records.js';
import { registerKeys } from '#persistence/trust/register-keys.js';
import { UploadReader } from '#persistence/uploads/upload-reader.js';
import { Problem, type ProblemItem } from '#platform/problems.js';
import { BlobStore } from '#storage/blob-store.js';
import { blobKey } from '#storage/content-address.js';
import { MetadataReader } from '#storage/metadata-reader.js';
import { type LayoutDifference, layoutDifferences, type NameOf } from './layout-differences.js';
import { type Placement, placeLayout } from './place-layout.js';
import { type LayoutFile, readLayout, requireSound, requireUnexpired } from './read-layout.js';

/** What would follow from posting a layout. */
export interface LayoutTrial {
  readonly id: string;
  readonly chain: string;
  /** Whether it would be taken in. */
  readonly accepted: boolean;
  /** What would be done; null when it would be refused. */
  readonly outcome: Placement['kind'] | null;
  readonly version: number | null;
  /** Why it would be refused: every reason, as the refusals themselves would say it. */
  readonly refusals: readonly { code: string; detail: string; errors: readonly ProblemItem[] }[];
  /** Everything that the strict layer has to say. */
  readonly findings: readonly {
    code: string;
    severity: string;
    where: string;
    message: string;
    fix: string;
  }[];
  /** The layout in force that it was compared with; null when there is none. */
  readonly comparedWith: string | null;
  readonly differences: readonly LayoutDifference[];
  /** What to post to /replays, with a reason, to learn which verdicts would change; null when it would be refused. */
  readonly replay: { readonly filter: object; readonly hypothetical: { readonly layout: string } } | null;
}

/** Says what would follow from posting a layout, and does nothing of it. */
@Injectable()
export class LayoutTrials {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly blobs: BlobStore,
    private readonly metadata: MetadataReader,
    private readonly reader: UploadReader,
  ) {}

  /** `principal`: the token that posts it. */
  async try(chain: ChainName, bytes: Buffer, principal: string, at: Date): Promise<LayoutTrial> {
    const owner = { chain: chain.name, principal };
    const file = await readLayout(bytes, (layout) => this.reader.layoutIssues(layout, owner));
    const refusals: Problem[] = [];
    let placement: Placement | undefined;
    for (const require of [
      () => requireSound(file),
      () => requireUnexpired(file, at),
      async () => {
        placement = await placeLayout(this.source, this.metadata, chain, file, at);
      },
      () => this.tryKeys(chain, file),
    ]) {
      await collect(refusals, require);
    }
    const accepted = refusals.length === 0;
    if (accepted) {
      // For a replay that supposes it. It comes into force by a row alone, never by being there.
      await this.blobs.put(blobKey(chain.name, 'layouts', file.id), bytes);
    }
    const id = file.id.toString('hex');
    return {
      id,
      chain: chain.name,
      accepted,
      outcome: accepted ? (placement?.kind ?? null) : null,
      version: accepted ? (placement?.version ?? null) : null,
      refusals: refusals.map(({ code, message, details }) => ({
        code,
        detail: message,
        errors: details.errors ?? [],
      })),
      findings: file.issues.map(({ code, severity, where, message, fix }) => ({
        code,
        severity,
        where,
        message,
        fix,
      })),
      ...(await this.compare(chain, file)),
      replay: accepted ? { filter: { chain: chain.name, all: true }, hypothetical: { layout: id } } : null,
    };
  }

  /** Whether the register would have the layout's keys; nothing of it is committed. */
  private async tryKeys(chain: ChainName, { layout }: LayoutFile): Promise<void> {
    const tried = new Error('only tried');
    const transaction = this.source.transaction(async (tx) => {
      await registerKeys(tx, chain.id, [...layout.keys.values()], { actor: '', reason: '' });
      throw tried;
    });
    await transaction.catch((error: unknown) => {
      if (error !== tried) {
        throw error;
      }
    });
  }

  private async compare(
    chain: ChainName,
    { layout }: LayoutFile,
  ): Promise<Pick<LayoutTrial, 'comparedWith' | 'differences'>> {
    const [{ active_layout: active }] = await this.source.query<[{ active_layout: Buffer | null }]>(
      'select active_layout from chain where id = $1',
      [chain.id],
    );
    const inForce = active && (await this.metadata.read(chain.name, 'layouts', active)).payload;
    if (inForce?.type !== 'layout') {
      return { comparedWith: null, differences: [] };
    }
    const nameOf = await this.holders(chain, [inForce, layout]);
    return {
      comparedWith: active?.toString('hex') ?? null,
      differences: layoutDifferences(inForce, layout, nameOf),
    };
  }

  /** Keys that nobody has named are called by their ids. */
  private async holders(chain: ChainName, layouts: readonly Layout[]): Promise<NameOf> {
    const keys = layouts.flatMap((layout) => [...layout.keys.values()]);
    const fingerprints = keys.flatMap((key) => fingerprintOf(key) ?? []);
    const records = await keyRecords(this.source, chain.id, [...new Set(fingerprints)]);
    return (fingerprint) => {
      const owner = records.get(fingerprint)?.owner;
      return owner === fingerprint ? undefined : owner;
    };
  }
}

async function collect(refusals: Problem[], require: () => void | Promise<void>): Promise<void> {
  try {
    await require();
  } catch (error) {
    if (!(error instanceof Problem)) {
      throw error;
    }
    refusals.push(error);
  }
}
