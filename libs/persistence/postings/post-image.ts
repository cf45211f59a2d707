import type { Transaction } from '../transaction.js';
import type { Poster } from './poster.js';

/** Records who posted a manifest or index. False: the principal had done so before. */
export async function postImage(
  tx: Transaction,
  chainId: number,
  digest: Buffer,
  { principal, token }: Poster,
  at: Date,
): Promise<boolean> {
  const rows = await tx.query<object[]>(
    `insert into image_posting (chain_id, digest, principal, token, posted_at) values ($1, $2, $3, $4, $5)
     on conflict do nothing returning 1`,
    [chainId, digest, principal, token, at],
  );
  return rows.length > 0;
}
