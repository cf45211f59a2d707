import { markTouched } from '../subjects/marks.js';
import { subjectsOfDigests } from '../subjects/touched-subjects.js';
import type { Reader, Transaction } from '../transaction.js';
import type { NewLink } from './new-link.js';
import { raiseTo } from './raise-link.js';

export interface UnprovenLink {
  readonly id: Buffer;
  readonly seq: string;
  readonly step: string;
  /** When the file came, and with it its signatures. */
  readonly receivedAt: Date;
}

/** The newest links in the name of these keys that were not proven when they arrived, at most so many of each key. */
export async function unprovenLinks(
  reader: Reader,
  chainId: number,
  keyids: readonly string[],
  perKey: number,
): Promise<UnprovenLink[]> {
  return reader.query<UnprovenLink[]>(
    `select distinct link.id, link.seq, link.step, link.received_at as "receivedAt"
       from unnest($2::text[]) keyid
      cross join lateral (
        select link from link_key where chain_id = $1 and link_key.keyid = keyid.keyid order by link desc limit $3) recent
      cross join lateral (
        select id, seq, step, received_at from link
         where chain_id = $1 and seq = recent.link and not proven offset 0) link
      order by link.seq`,
    [chainId, keyids, perKey],
  );
}

/** Records that a link is proven by the layout that is in force now, and wakes the subjects that it may concern. */
export async function setProven(
  tx: Transaction,
  chainId: number,
  link: UnprovenLink & Pick<NewLink, 'materials' | 'products' | 'signers'>,
): Promise<void> {
  if (await raiseTo(tx, chainId, link, { loose: false })) {
    await markTouched(tx, chainId, await subjectsOfDigests(tx, chainId, [link]));
  }
}
