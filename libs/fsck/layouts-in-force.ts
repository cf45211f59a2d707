import {
  type JsonValue,
  type Layout,
  type Metadata,
  type PublicKey,
  parseMetadata,
  parsePublicKey,
  validSigners,
} from '#in-toto/index.js';
import type { Reader } from '#persistence/transaction.js';
import type { BlobStore } from '#storage/blob-store.js';
import { readVerified } from '#storage/content-address.js';

export interface LayoutInForce {
  readonly layout: Layout;
  readonly since: Date;
  /** Whoever owned the chain at any time. */
  readonly owners: readonly PublicKey[];
}

/** Links of a run are indexed by a layout that was in force up to a second ago. */
const REMEMBERED_MS = 2_000;

/** Every layout that was ever in force, in order; undefined when one of them cannot be read. */
export async function layoutsInForce(
  reader: Reader,
  blobs: BlobStore,
  chain: { readonly id: number; readonly name: string },
): Promise<LayoutInForce[] | undefined> {
  const rows = await reader.query<{ id: Buffer; received_at: Date }[]>(
    'select id, received_at from layout where chain_id = $1 order by version, received_at',
    [chain.id],
  );
  const roots = await reader.query<{ key: JsonValue }[]>(
    `select owner -> 'key' as key from trust_root cross join lateral jsonb_array_elements(owners) owner
      where chain_id = $1
     union select jsonb_array_elements(owner_keys) from chain where id = $1`,
    [chain.id],
  );
  const owners = roots.map(({ key }) => parsePublicKey(key));
  const layouts: LayoutInForce[] = [];
  for (const { id, received_at: since } of rows) {
    const bytes = await readVerified(blobs, chain.name, 'layouts', id).catch(() => undefined);
    const payload = bytes && parseMetadata(bytes).payload;
    if (payload?.type !== 'layout') {
      return undefined;
    }
    layouts.push({ layout: payload, since, owners });
  }
  return layouts;
}

/** Who signed a link by the layout that was in force when it came, or by one that came into force later. */
export function signersByAny(layouts: readonly LayoutInForce[], link: Metadata, receivedAt: Date): string[] {
  const signers = layouts.flatMap(({ layout, owners }, at) => {
    const until = layouts[at + 1]?.since;
    const hadEnded = until !== undefined && until.getTime() < receivedAt.getTime() - REMEMBERED_MS;
    return hadEnded ? [] : validSigners(layout, owners, link, receivedAt);
  });
  return [...new Set(signers)];
}

/** The layout was in force for as long before the link came as anybody remembers, so that it must have been asked. */
export function signersAtReceipt(
  layouts: readonly LayoutInForce[],
  link: Metadata,
  receivedAt: Date,
): string[] {
  const known = layouts.filter(({ since }) => since.getTime() < receivedAt.getTime() - REMEMBERED_MS);
  const next = layouts[known.length]?.since;
  const inForce = known.at(-1);
  const isChanging = next !== undefined && next.getTime() < receivedAt.getTime() + REMEMBERED_MS;
  return inForce && !isChanging ? validSigners(inForce.layout, inForce.owners, link, receivedAt) : [];
}
