import { InTotoError } from '../errors.js';
import { canonicalText } from '../json/canonical-json.js';
import type { PublicKey } from '../keys/public-key.js';
import type { Inspection } from '../metadata/items.js';
import type { Layout } from '../metadata/layout.js';
import type { Link } from '../metadata/link.js';
import type { Metadata } from '../metadata/metadata.js';
import { parseMetadata } from '../metadata/parse-metadata.js';
import { linkFileName } from './load-links.js';
import type { InspectionFailure, Scope } from './scope.js';
import { validSignatures } from './signatures.js';

/** The first link of the inspection that counts; else why the last one does not; undefined when there is none. */
export function suppliedInspection(
  inspection: Inspection,
  scope: Scope,
): Link | InspectionFailure | undefined {
  const { keys = [], links } = scope.inspectionLinks ?? {};
  let refused: InspectionFailure | undefined;
  for (const key of keys) {
    scope.files.spend(1);
    const fileName = [...scope.path, linkFileName(inspection.name, key.keyid)].join('/');
    const file = links?.read(fileName);
    const link = file && readInspectionLink(file, key, inspection, scope);
    if (link?.type === 'link') return link;
    if (link) refused = { ...link, reason: `${fileName}: ${link.reason}` };
  }
  return refused;
}

function readInspectionLink(
  file: Uint8Array | Metadata,
  key: PublicKey,
  inspection: Inspection,
  scope: Scope,
): Link | InspectionFailure {
  try {
    const metadata = file instanceof Uint8Array ? parseMetadata(file, scope.limits) : file;
    if (validSignatures(metadata, [key], scope.signedBy(metadata)).length === 0)
      return failure(`not validly signed by ${key.keyid}`);
    return ofInspection(metadata.payload, inspection);
  } catch (error) {
    if (error instanceof InTotoError) return failure(error.message);
    throw error;
  }
}

/** Unlike a step's link, it must be of the right name and command: nothing else ties it to the layout. */
function ofInspection(link: Link | Layout, { name, run }: Inspection): Link | InspectionFailure {
  if (link.type !== 'link') return failure('a layout, not a link');
  if (link.name !== name) return failure('a link of another name');
  return canonicalText(link.command) === canonicalText(run) ? link : failure('a link of another command');
}

function failure(reason: string): InspectionFailure {
  return { type: 'failure', reason };
}
