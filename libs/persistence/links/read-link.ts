import { checkLinkFile, type Limits, type Metadata, parseAttestation } from '#in-toto/index.js';
import { Problem } from '#platform/problems.js';
import { refuseIssues } from '#platform/refuse-issues.js';
import { sha256 } from '#storage/content-address.js';
import { sha256Digests } from './artifact-digests.js';
import type { NewLink } from './new-link.js';

/** What an uploaded file says of itself, as far as the index needs it. Nothing of it is believed yet. */
export type UploadedLink = Omit<NewLink, 'signers' | 'run' | 'attempt' | 'declared'> & {
  readonly metadata: Metadata;
};

/**
 * Reads an uploaded link strictly, or refuses it with a coded Problem or InTotoError. What is stored already is read
 * without limits; `admit` looks at a file that is to be taken in before the costly checks, and throws.
 */
export function readLink(
  bytes: Buffer,
  limits?: Partial<Limits>,
  admit?: (metadata: Metadata) => void,
): UploadedLink {
  const metadata = parseAttestation(bytes, limits);
  if (metadata.payload.type !== 'link') {
    throw new Problem('LINK_EXPECTED');
  }
  admit?.(metadata);
  refuseIssues(checkLinkFile(bytes, metadata), 'LINK_REFUSED');
  const link = metadata.payload;
  const keyids = [...new Set(metadata.signatures.map((signature) => signature.keyid))];
  if (typeof link.name !== 'string' || !isIndexable(link.name)) {
    throw new Problem('METADATA_INVALID', { detail: 'The link has no name that a step could have.' });
  }
  if (!keyids.every(isIndexable)) {
    throw new Problem('SIGNATURE_MALFORMED', { detail: 'A signature names its key by what no key id is.' });
  }
  return {
    metadata,
    id: sha256(bytes),
    statement: sha256(metadata.signedBytes),
    step: link.name,
    container: metadata.container,
    keyids,
    size: bytes.length,
    materials: sha256Digests(link.materials),
    products: sha256Digests(link.products),
  };
}

/** Links are found by these texts: short enough for an index, and of characters that the database can hold. */
function isIndexable(text: string): boolean {
  return /^[^\p{Cc}\p{Cs}]{0,256}$/u.test(text);
}
