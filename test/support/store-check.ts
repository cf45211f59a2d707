import type { DataSource } from 'typeorm';
import type { Finding, FsckCode } from '#fsck/findings.js';
import { fsck } from '#fsck/fsck.js';
import type { Inspection } from '#fsck/inspection.js';
import { Progress } from '#fsck/progress.js';
import { rebuild } from '#fsck/rebuild.js';
import { Report } from '#fsck/report.js';
import type { BlobStore } from '#storage/blob-store.js';
import { MetadataReader } from '#storage/metadata-reader.js';
import { EvidenceReader } from '#verification/evidence-reader.js';
import { VerificationService } from '#verification/verification-service.js';

class Silence extends Progress {
  begin(): void {}
  advance(): void {}
  end(): void {}
}

export interface StoreCheck {
  readonly source: DataSource;
  readonly blobs: BlobStore;
  readonly spare?: BlobStore;
}

/** What the command `fsck` does, without waiting for anything to grow old. */
function inspectionOf({ source, blobs, spare }: StoreCheck, repair: boolean): Inspection {
  const verification = new VerificationService(source, new EvidenceReader(source, new MetadataReader(blobs)));
  return {
    source,
    blobs,
    spare,
    recompute: async (chainId, subject, at) => {
      const verdict = await verification.find(chainId, subject, at);
      return verdict && { ...verdict, engine: verdict.basis.engine };
    },
    repair,
    graceMs: 0,
    sample: { seed: 'test', blobs: { share: 1 }, verdicts: { share: 1 } },
    report: new Report(),
    progress: new Silence(),
  };
}

/** Everything that is found, in order. */
export async function findingsOf(check: StoreCheck, repair = false): Promise<readonly Finding[]> {
  const inspection = inspectionOf(check, repair);
  await fsck(inspection);
  return inspection.report.summary().findings;
}

export const codesOf = (findings: readonly Finding[]): FsckCode[] => [
  ...new Set(findings.map(({ code }) => code)),
];

export async function rebuildIndex(check: StoreCheck): Promise<readonly Finding[]> {
  const inspection = inspectionOf(check, true);
  await rebuild(inspection);
  return inspection.report.summary().findings;
}
