import { fsck } from '#fsck/fsck.js';
import type { Inspection } from '#fsck/inspection.js';
import { TerminalProgress } from '#fsck/progress.js';
import { RebuildRefused, rebuild } from '#fsck/rebuild.js';
import { Report } from '#fsck/report.js';
import { type Config, loadConfig } from '#platform/config.js';
import { tellFailure } from '#platform/run-main.js';
import type { BlobStore } from '#storage/blob-store.js';
import { FileBlobStore } from '#storage/file-blob-store.js';
import { MetadataReader } from '#storage/metadata-reader.js';
import { S3BlobStore } from '#storage/s3-blob-store.js';
import { EvidenceReader } from '#verification/evidence-reader.js';
import { VerificationService } from '#verification/verification-service.js';
import { type OpenIndex, openIndex } from './open-index.js';
import { type Options, readOptions } from './options.js';
import { describeFinding, describeSummary } from './print.js';

const NOT_CHECKED = 2;

/** Checks, and says by the exit code how it came out. */
async function main(): Promise<number> {
  const options = readOptions(process.argv);
  const config = loadConfig(process.env);
  const index = await openIndex(config, options.rebuild);
  try {
    const report = new Report((finding) => {
      if (!options.json) {
        process.stdout.write(describeFinding(finding));
      }
    });
    await (options.rebuild ? rebuild : fsck)(inspection(config, index, options, report));
    const summary = report.summary();
    const { seed, rebuild: rebuilt } = options;
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ seed, ...summary })}\n`
        : describeSummary(summary, { seed, rebuilt }),
    );
    return summary.clean ? 0 : 1;
  } finally {
    await index.close();
  }
}

function inspection(config: Config, { source }: OpenIndex, options: Options, report: Report): Inspection {
  const blobs = storeOf(config);
  const verification = new VerificationService(source, new EvidenceReader(source, new MetadataReader(blobs)));
  return {
    source,
    blobs,
    spare: options.from === undefined ? undefined : new FileBlobStore(options.from),
    recompute: async (chainId, subject, at) => {
      const verdict = await verification.find(chainId, subject, at);
      return verdict && { ...verdict, engine: verdict.basis.engine };
    },
    repair: options.repair || options.rebuild,
    graceMs: options.grace * 1_000,
    sample: { seed: options.seed, blobs: options.sample, verdicts: options.verdicts },
    report,
    progress: new TerminalProgress(process.stderr),
  };
}

/** Without a breaker: an outage ends the check, rather than being taken for a loss. */
function storeOf({ blobs }: Config): BlobStore {
  return blobs.kind === 's3' ? new S3BlobStore(blobs) : new FileBlobStore(blobs.directory);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof RebuildRefused ? error.message : tellFailure(error)}\n`);
  process.exitCode = NOT_CHECKED;
}
