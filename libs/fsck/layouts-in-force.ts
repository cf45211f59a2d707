import { isProven, type Layout, type Metadata, parseMetadata } from '#in-toto/index.js';
import type { Reader } from '#persistence/transaction.js';
import type { BlobStore } from '#storage/blob-store.js';
import { readVerified } from '#storage/content-address.js';

export interface LayoutInForce {
  readonly layout: Layout;
  readonly since: Date;
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
  const layouts: LayoutInForce[] = [];
  for (const { id, received_at: since } of rows) {
    const bytes = await readVerified(blobs, chain.name, 'layouts', id).catch(() => undefined);
    const payload = bytes && parseMetadata(bytes).payload;
    if (payload?.type !== 'layout') {
      return undefined;
    }
    layouts.push({ layout: payload, since });
  }
  return layouts;
}

/** The layout that was in force when a link came, or one that came into force later, proves it. */
export function isProvenByAny(layouts: readonly LayoutInForce[], link: Metadata, receivedAt: Date): boolean {
  return layouts.some(({ layout }, at) => {
    const until = layouts[at + 1]?.since;
    const hadEnded = until !== undefined && until.getTime() < receivedAt.getTime() - REMEMBERED_MS;
    return !hadEnded && isProven(layout, link, receivedAt);
  });
}

/** It was in force for as long before the link came as anybody remembers, so that it must have been asked. */
export function isProvenAtReceipt(
  layouts: readonly LayoutInForce[],
  link: Metadata,
  receivedAt: Date,
): boolean {
  const known = layouts.filter(({ since }) => since.getTime() < receivedAt.getTime() - REMEMBERED_MS);
  const next = layouts[known.length]?.since;
  const layout = known.at(-1)?.layout;
  const isChanging = next !== undefined && next.getTime() < receivedAt.getTime() + REMEMBERED_MS;
  return layout !== undefined && !isChanging && isProven(layout, link, receivedAt);
}
