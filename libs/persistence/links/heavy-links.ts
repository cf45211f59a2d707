import type { Transaction } from '../transaction.js';
import { Kind } from './link-artifact.entity.js';
import type { NewLink } from './new-link.js';
import { raiseLink } from './raise-link.js';
import { type LinkRow, selectLinks } from './select-links.js';

/** Links of so many digests are heavy: what they are found by is written before the chain is held. */
const HEAVY_FROM = { bytes: 1_000 * 32 };

/** By id in hex: heavy links as they were before, and the places of those that are new. */
export interface HeavyLinks {
  readonly present: ReadonlyMap<string, LinkRow>;
  readonly places: ReadonlyMap<string, string>;
}

/** Another transaction has stored the link meanwhile. Has the code of what is tried again: then it is found there. */
export class StoredMeanwhile extends Error {
  readonly code = '40001';
}

/**
 * Writes the digests of heavy links that are new, and raises those that are there, before the chain is held: a hundred
 * thousand rows take longer than others should wait. Nothing is missed, because what the lock orders comes after it: who
 * makes a subject known either commits before this transaction looks for subjects, or looks for links after its commit.
 *
 * To hold rows while waiting for the chain is safe as long as nobody who holds the chain waits for them. The digests
 * stand at a place that nobody else has. A link's own row is changed here only, by everybody who holds a heavy link, and
 * new rows are left to `insertLinks`.
 */
export async function writeHeavyLinks(
  tx: Transaction,
  chainId: number,
  links: readonly NewLink[],
): Promise<HeavyLinks> {
  const heavy = links.filter(isHeavy).sort((a, b) => Buffer.compare(a.id, b.id));
  if (heavy.length === 0) {
    return { present: new Map(), places: new Map() };
  }
  const present = new Map(
    (await selectLinks(tx, chainId, heavy)).map((row) => [row.id.toString('hex'), row]),
  );
  const fresh: NewLink[] = [];
  for (const link of heavy) {
    const row = present.get(link.id.toString('hex'));
    await (row ? raiseLink(tx, chainId, link, row) : fresh.push(link));
  }
  return { present, places: fresh.length > 0 ? await writeArtifacts(tx, chainId, fresh) : new Map() };
}

/** One that arrived earlier has its place already: it is written again while nobody else writes. */
function isHeavy({ materials, products, arrival }: NewLink): boolean {
  return arrival === undefined && materials.length + products.length >= HEAVY_FROM.bytes;
}

/** The places that the links are going to have. */
async function writeArtifacts(
  tx: Transaction,
  chainId: number,
  links: readonly NewLink[],
): Promise<Map<string, string>> {
  const rows = await tx.query<{ id: Buffer; seq: string }[]>(
    `with placed as materialized (
       select id, nextval('link_seq_seq') as seq, step, tied, materials, products
         from unnest($2::bytea[], $3::text[], $4::smallint[], $5::bytea[], $6::bytea[])
              as given(id, step, tied, materials, products)),
     artifacts as (
       insert into link_artifact (chain_id, digest, kind, step, link)
       select $1, substring(digests from at * 32 + 1 for 32), kind, step, seq
         from placed
        cross join lateral (values (tied, materials), (tied | $7::smallint, products)) side(kind, digests)
        cross join lateral generate_series(0, length(digests) / 32 - 1) at)
     select id, seq from placed`,
    [
      chainId,
      links.map(({ id }) => id),
      links.map(({ step }) => step),
      links.map(({ signers, run }) => (signers.length > 0 && run === undefined ? Kind.tied : 0)),
      links.map(({ materials }) => materials),
      links.map(({ products }) => products),
      Kind.product,
    ],
  );
  return new Map(rows.map(({ id, seq }) => [id.toString('hex'), seq]));
}
