import { type PublicKey, parseAttestation, validSigners } from '#in-toto/index.js';
import { readLink, type UploadedLink } from '#persistence/links/read-link.js';
import { type ImageFile, readImageFile } from '#persistence/subjects/read-manifest.js';
import { Problem } from '#platform/problems.js';
import { atMost, refuseLarger, refuseManySignatures, UPLOAD_LIMITS } from '#platform/upload-limits.js';

/** What the index needs to know of a link: little, however large the file is. */
export type IndexableLink = Omit<UploadedLink, 'metadata'>;

export interface ReadLink {
  readonly link: IndexableLink;
  /** As in NewLink. */
  readonly signers: readonly Buffer[];
}

/** Reads a link that comes in: strictly, and within the limits of the door. Throws a coded Problem or InTotoError. */
export function readNewLink(bytes: Buffer): UploadedLink {
  const link = readLink(bytes, atMost(UPLOAD_LIMITS.linkValues), ({ signatures, payload }) => {
    refuseManySignatures(signatures);
    const { linkArtifacts } = UPLOAD_LIMITS;
    if (payload.type === 'link' && countOf(payload.materials) + countOf(payload.products) > linkArtifacts) {
      throw new Problem('TOO_MANY_ARTIFACTS', {
        detail: `A link has ${linkArtifacts} materials and products at most.`,
      });
    }
  });
  return link;
}

/** As readNewLink, and says who of those who may has signed it: `validSigners` of in-toto. */
export function readAndProve(
  bytes: Buffer,
  layout: Buffer | undefined,
  owners: readonly PublicKey[],
  at: Date,
): ReadLink {
  const { metadata, ...link } = readNewLink(bytes);
  const payload = layout && parseAttestation(layout).payload;
  const signers = payload?.type === 'layout' ? validSigners(payload, owners, metadata, at) : [];
  return { link, signers: signers.map(fingerprintBytes) };
}

export function fingerprintBytes(fingerprint: string): Buffer {
  return Buffer.from(fingerprint, 'hex');
}

/** Reads an image manifest or index that comes in. */
export function readNewImage(bytes: Buffer): ImageFile {
  refuseLarger(bytes, 'A manifest or index', UPLOAD_LIMITS.manifestBytes);
  return readImageFile(bytes, atMost(UPLOAD_LIMITS.manifestValues));
}

function countOf(artifacts: object): number {
  return Object.keys(artifacts).length;
}
