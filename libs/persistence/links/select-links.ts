import type { Reader } from '../transaction.js';
import type { NewLink } from './new-link.js';

export interface LinkRow {
  readonly id: Buffer;
  readonly seq: string;
  readonly loose: boolean;
  readonly proven: boolean;
  readonly received_at: Date;
}

/** Those of the links that the chain has. */
export function selectLinks(reader: Reader, chainId: number, links: readonly NewLink[]): Promise<LinkRow[]> {
  return reader.query<LinkRow[]>(
    `select link.* from unnest($2::bytea[]) given cross join lateral (
       select id, seq, loose, proven, received_at from link
        where chain_id = $1 and link.id between given and given order by link.id offset 0) link`,
    [chainId, links.map((link) => link.id)],
  );
}
