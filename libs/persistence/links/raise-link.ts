import type { Transaction } from '../transaction.js';
import { Kind } from './link-artifact.entity.js';
import type { IndexedLink, NewLink } from './new-link.js';
import { recordSigners } from './record-signers.js';
import type { LinkRow } from './select-links.js';

/** Posted again, a link can become evidence for builds that name no run, or be proven by a layout that came later. */
export async function raiseLink(
  tx: Transaction,
  chainId: number,
  link: NewLink,
  row: Pick<LinkRow, 'seq' | 'loose' | 'proven'>,
): Promise<void> {
  const proven = link.signers.length > 0;
  const loose = link.run === undefined;
  if ((loose && !row.loose) || (proven && !row.proven)) {
    await raiseTo(tx, chainId, { ...link, seq: row.seq }, { loose });
  }
}

/**
 * Ties the link once it is both loose and proven. Which it is, the row says that this transaction has changed, not one
 * that was read before: it may become the one here and the other elsewhere at the same time. Returns whether it is loose.
 */
export async function raiseTo(
  tx: Transaction,
  chainId: number,
  link: Pick<IndexedLink, 'id' | 'seq' | 'step' | 'materials' | 'products' | 'signers'>,
  becomes: { readonly loose: boolean },
): Promise<boolean> {
  const { signers } = link;
  const [[row]] = await tx.query<[[{ loose: boolean; proven: boolean }], number]>(
    `update link set loose = loose or $3, proven = proven or $4 where chain_id = $1 and id = $2
     returning loose, proven`,
    [chainId, link.id, becomes.loose, signers.length > 0],
  );
  if (signers.length > 0) {
    await recordSigners(tx, chainId, link);
  }
  if (row.loose && row.proven) {
    await tieArtifacts(tx, chainId, link);
  }
  return row.loose;
}

/**
 * From now on the link is found along MATCH rules. What is updated cannot stand behind `offset 0`, so the rows are looked
 * up by their keys first and updated by their places: joined to the table, a plan for few rows reads all of the chain,
 * or all the digests again for each row. The places hold: who changes these rows has changed the link's own row before,
 * and whoever else wants to waits for that.
 */
async function tieArtifacts(
  tx: Transaction,
  chainId: number,
  link: Pick<IndexedLink, 'seq' | 'step' | 'materials' | 'products'>,
): Promise<void> {
  await tx.query(
    `update link_artifact set kind = kind | $2
      where kind in (0, $5) and ctid = any(array(
        select own.ctid
          from (select $6::bytea as materials, $7::bytea as products) given
         cross join lateral (values (0::smallint, materials), ($5::smallint, products)) side(kind, digests)
         cross join lateral generate_series(0, length(digests) / 32 - 1) at
         cross join lateral (
           select ctid from link_artifact
            where chain_id = $1 and digest = substring(side.digests from at * 32 + 1 for 32)
              and kind = side.kind and step = $4 and link = $3 offset 0) own))`,
    [chainId, Kind.tied, link.seq, link.step, Kind.product, link.materials, link.products],
  );
}
