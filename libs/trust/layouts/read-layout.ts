import { type Layout, type Metadata, parseMetadata, type StrictIssue } from '#in-toto/index.js';
import { Problem } from '#platform/problems.js';
import { refuseIssues } from '#platform/refuse-issues.js';
import { atMost, refuseLarger, refuseManySignatures, UPLOAD_LIMITS } from '#platform/upload-limits.js';
import { sha256 } from '#storage/content-address.js';

/** A layout as it was posted. Nothing is said of who signed it. */
export interface LayoutFile {
  readonly id: Buffer;
  readonly bytes: Buffer;
  readonly metadata: Metadata;
  readonly layout: Layout;
  /** sha256 of what the signatures cover. */
  readonly statement: Buffer;
  /** What the strict layer has to say. */
  readonly issues: readonly StrictIssue[];
}

/** Throws for what is no layout at all, or a larger one than the service takes. The strict layer is asked by `check`. */
export async function readLayout(
  bytes: Buffer,
  check: (bytes: Buffer) => Promise<readonly StrictIssue[]>,
): Promise<LayoutFile> {
  refuseLarger(bytes, 'A layout', UPLOAD_LIMITS.layoutBytes);
  const metadata = parseMetadata(bytes, atMost(UPLOAD_LIMITS.layoutValues));
  if (metadata.payload.type !== 'layout') {
    throw new Problem('LAYOUT_EXPECTED');
  }
  refuseManySignatures(metadata.signatures);
  refuseManyKeys(metadata.payload);
  return {
    id: sha256(bytes),
    bytes,
    metadata,
    layout: metadata.payload,
    statement: sha256(metadata.signedBytes),
    issues: await check(bytes),
  };
}

function refuseManyKeys({ keys }: Layout): void {
  const { layoutKeys } = UPLOAD_LIMITS;
  const count = [...keys.values()].reduce((sum, { subkeys }) => sum + 1 + subkeys.size, 0);
  if (count > layoutKeys) {
    throw new Problem('TOO_MANY_KEYS', {
      detail: `A layout has ${layoutKeys} keys at most, subkeys included.`,
    });
  }
}

/** Throws for what no chain should have as its policy. */
export function requireSound({ issues }: LayoutFile): void {
  refuseIssues(issues, 'LAYOUT_REFUSED');
}

export function expiryOf({ layout: { expires } }: LayoutFile): Date {
  if (!(expires instanceof Date)) {
    throw new Problem('METADATA_INVALID', { detail: 'The layout does not say when it expires.' });
  }
  return expires;
}

export function requireUnexpired(file: LayoutFile, at: Date): void {
  const expires = expiryOf(file);
  if (expires.getTime() <= at.getTime()) {
    throw new Problem('LAYOUT_EXPIRED', { detail: `The layout expired at ${expires.toISOString()}.` });
  }
}
