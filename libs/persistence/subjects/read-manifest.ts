import { z } from 'zod';
import { type JsonValue, type Limits, parseJson, scanMembers } from '#in-toto/index.js';
import { Problem } from '#platform/problems.js';
import { sha256 } from '#storage/content-address.js';

const INDEX_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

/** Each is verified when the index is asked for; images for more platforms than this do not exist. */
const MANIFESTS_AT_MOST = 64;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const index = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.enum(INDEX_TYPES as [string, ...string[]]).optional(),
  manifests: z
    .array(
      z.looseObject({
        digest,
        platform: z.looseObject({ os: z.string(), architecture: z.string() }).optional(),
      }),
    )
    .min(1)
    .max(MANIFESTS_AT_MOST),
  config: z.never().optional(),
});

const manifest = z.looseObject({
  schemaVersion: z.literal(2),
  config: z.looseObject({ digest, mediaType: z.string() }),
  layers: z.array(z.looseObject({ digest })),
  manifests: z.never().optional(),
});

export interface ImageFile {
  /** sha256 of the bytes: what a registry and Kubernetes call it by. */
  readonly digest: Buffer;
  readonly kind: 'index' | 'manifest';
  /** Who covers whom, by the file's own content. */
  readonly relations: readonly { covered: Buffer; covering: Buffer; kind: 'index' | 'config' }[];
}

/**
 * Reads an OCI or Docker image manifest, or an index of such. Its bytes are its identity, and what it names by digest is
 * bound to it: nothing beyond that is concluded.
 */
export function readImageFile(bytes: Buffer, limits?: Partial<Limits>): ImageFile {
  const own = sha256(bytes);
  const value = parseJson(bytes, limits);
  refuseTwoReadings(bytes, value);
  const asIndex = index.safeParse(value);
  if (asIndex.success) {
    const images = asIndex.data.manifests.filter(({ platform }) => !isNoImage(platform));
    return {
      digest: own,
      kind: 'index',
      relations: images.map((entry) => ({
        covered: bytesOf(entry.digest),
        covering: own,
        kind: 'index' as const,
      })),
    };
  }
  const asManifest = manifest.safeParse(value);
  if (asManifest.success) {
    return {
      digest: own,
      kind: 'manifest',
      relations: configOf(asManifest.data.config).map((config) => ({
        covered: own,
        covering: config,
        kind: 'config',
      })),
    };
  }
  throw new Problem('MANIFEST_INVALID', {
    errors: asManifest.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  });
}

const MEMBERS_READ = [
  'schemaVersion',
  'mediaType',
  'manifests',
  'config',
  'layers',
  'digest',
  'platform',
  'os',
  'architecture',
];
const byFoldedName = new Map(MEMBERS_READ.map((name) => [folded(name), name]));

/**
 * The tools that pull images are written in Go, whose JSON reader takes the last of several members and does not mind
 * upper or lower case. They must find the same digests here as this reader does.
 */
function refuseTwoReadings(bytes: Buffer, value: JsonValue): void {
  const [duplicate] = scanMembers(bytes).duplicates;
  const ambiguous = duplicate ?? misspeltMember(value);
  if (ambiguous !== undefined) {
    throw new Problem('JSON_DUPLICATE_MEMBER', {
      errors: [{ path: ambiguous, message: 'readers differ in what this member is' }],
    });
  }
}

/** A member that only some readers take for one of those that are read here: `Config`. Annotations are named freely. */
function misspeltMember(value: JsonValue): string | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  for (const [name, member] of Object.entries(value)) {
    const meant = byFoldedName.get(folded(name));
    const misspelt = meant === undefined || meant === name ? undefined : name;
    const within = misspelt ?? (name === 'annotations' ? undefined : misspeltMember(member));
    if (within !== undefined) {
      return within;
    }
  }
  return undefined;
}

/** Equal for names that differ in case alone: also the long s and the Kelvin sign are letters of these names to Go. */
function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}

const IMAGE_CONFIGS = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

/**
 * Only the config of an image pins its layers, by their diff ids. Artifacts that are no images name a config too, most
 * often the empty one that all of them share: nothing follows from that.
 */
function configOf(config: { digest: string; mediaType: string }): Buffer[] {
  return IMAGE_CONFIGS.includes(config.mediaType) ? [bytesOf(config.digest)] : [];
}

/** Build tools put attestations into indexes as manifests of a platform that no node has. */
function isNoImage(platform: { os: string; architecture: string } | undefined): boolean {
  return platform?.os === 'unknown' && platform.architecture === 'unknown';
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text.slice('sha256:'.length), 'hex');
}
