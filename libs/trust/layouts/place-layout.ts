import type { ChainName } from '#persistence/chains/visible-chain.js';
import type { Reader } from '#persistence/transaction.js';
import { Problem } from '#platform/problems.js';
import type { MetadataReader } from '#storage/metadata-reader.js';
import { type LayoutOwners, layoutOwners, requireEnough } from './layout-owners.js';
import type { LayoutFile } from './read-layout.js';

/** What posting a layout does: it is a new version, the version in force with more signatures, or already there. */
export interface Placement {
  readonly kind: 'new' | 'resigned' | 'unchanged';
  readonly version: number;
  /** The file that is in force afterwards. */
  readonly id: Buffer;
}

/**
 * Throws when the layout may not come into force. A layout that a newer one replaced does not come back by posting it
 * again, in its old bytes or others that the same signatures cover: that would be a rollback.
 */
export async function placeLayout(
  reader: Reader,
  metadata: MetadataReader,
  chain: ChainName,
  file: LayoutFile,
  at: Date,
): Promise<Placement> {
  const { versions, kin } = await knownLayouts(reader, chain, file);
  const known = kin.find(({ id }) => id.equals(file.id));
  const signed = await layoutOwners(reader, chain.id, file.metadata, known?.received_at ?? at, at);
  requireEnough(signed, file.metadata);

  const [newest] = kin;
  if (!newest) {
    return { kind: 'new', version: versions + 1, id: file.id };
  }
  const inForce = kin.find(({ active }) => active);
  if (!inForce || (known && known !== inForce)) {
    throw new Problem('LAYOUT_SUPERSEDED', {
      detail: `This layout was version ${(known ?? newest).version} and has been replaced.`,
    });
  }
  const { version, id, received_at: receivedAt } = inForce;
  const before = await metadata.read(chain.name, 'layouts', id);
  const had = await layoutOwners(reader, chain.id, before, receivedAt, at);
  return known || addsNothing(signed, had)
    ? { kind: 'unchanged', version, id }
    : { kind: 'resigned', version, id: file.id };
}

/** The files that hold the same layout, the newest first, and how many versions of layouts there are. */
async function knownLayouts(
  reader: Reader,
  chain: ChainName,
  { statement }: LayoutFile,
): Promise<{ versions: number; kin: KnownLayout[] }> {
  const [{ versions }] = await reader.query<[{ versions: number }]>(
    'select coalesce(max(version), 0) as versions from layout where chain_id = $1',
    [chain.id],
  );
  const kin = await reader.query<KnownLayout[]>(
    `select layout.id, layout.version, layout.received_at, layout.id = chain.active_layout as active
       from layout join chain on chain.id = layout.chain_id
      where layout.chain_id = $1 and layout.statement = $2 order by layout.version desc, layout.received_at desc`,
    [chain.id, statement],
  );
  return { versions, kin };
}

interface KnownLayout {
  readonly id: Buffer;
  readonly version: number;
  readonly received_at: Date;
  readonly active: boolean | null;
}

/** The same layout with other signatures. It takes the place of the file in force if it adds some and loses no owner. */
function addsNothing(signed: LayoutOwners, had: LayoutOwners): boolean {
  const adds = signed.counting.some((key) => !had.counting.includes(key));
  const lost = adds
    ? had.owners.filter((owner) => !signed.owners.includes(owner))
    : had.counting.filter((key) => !signed.counting.includes(key));
  if (lost.length > 0) {
    throw new Problem('LAYOUT_SIGNATURES_LOST', {
      detail: `The file in force is also signed by ${lost.join(', ')}.`,
    });
  }
  return !adds;
}
