import type { DataSource } from 'typeorm';
import type { BlobStore } from '#storage/blob-store.js';
import type { Finding } from './findings.js';
import type { LayoutInForce } from './layouts-in-force.js';
import type { Progress } from './progress.js';
import type { Report } from './report.js';
import type { SampleSize } from './sample.js';

/** What a verdict comes out as when it is computed again. Undefined: the chain does not exist any more. */
export type Recompute = (chainId: number, subject: Buffer, at: Date) => Promise<Recomputed | undefined>;

export interface Recomputed {
  readonly outcome: string;
  readonly inputsDigest: Buffer;
  readonly validUntil: Date | null;
  /** Which rules made it. */
  readonly engine: number;
}

/** A pass over the store: what it works on, and how. */
export interface Inspection {
  readonly source: DataSource;
  readonly blobs: BlobStore;
  /** Where bytes may be had of which the store has lost its own. */
  readonly spare: BlobStore | undefined;
  readonly recompute: Recompute;
  readonly repair: boolean;
  /** What is younger may still be under way. */
  readonly graceMs: number;
  readonly sample: { readonly seed: string; readonly blobs: SampleSize; readonly verdicts: SampleSize };
  readonly report: Report;
  readonly progress: Progress;
}

export interface CheckedChain {
  readonly id: number;
  readonly name: string;
  /** Undefined: one of them cannot be read, so nothing is concluded from the others. */
  readonly layouts: readonly LayoutInForce[] | undefined;
}

type Found = Omit<Finding, 'repaired'>;

/** Reports what is wrong, mended or not. `mend` says whether it could. */
export async function tell(
  { repair, report }: Inspection,
  found: Found,
  mend?: () => Promise<boolean>,
): Promise<void> {
  report.add({ ...found, repaired: repair && mend !== undefined ? await mend() : false });
}

export function isYoung({ graceMs }: Inspection, at: Date): boolean {
  return Date.now() - at.getTime() < graceMs;
}
