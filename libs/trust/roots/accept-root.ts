import type { ChainName } from '#persistence/chains/visible-chain.js';
import { markEverySubject } from '#persistence/subjects/marks.js';
import type { Transaction } from '#persistence/transaction.js';
import { insertRoot } from '#persistence/trust/insert-root.js';
import { recordEvent } from '#persistence/trust/record-event.js';
import { putRootInForce, type TrustedRoot } from '#persistence/trust/root-in-force.js';
import type { Author } from '../author.js';

/**
 * Puts a root in force, in the transaction that holds the chain's row. Every subject is verified again: the layout in
 * force may no longer be signed by enough owners. Readers do not wait for that, they ask the root themselves.
 */
export async function acceptRoot(
  tx: Transaction,
  chain: ChainName,
  before: TrustedRoot,
  root: TrustedRoot & { readonly id: Buffer },
  author: Author,
): Promise<void> {
  const { version, threshold, keys } = root;
  await keepFirst(tx, chain.id, before);
  await insertRoot(tx, chain.id, root, author);
  await putRootInForce(tx, chain.id, root);
  const owners = keys.map(({ owner, fingerprint }) => ({ owner, fingerprint }));
  const body = { version, root: root.id.toString('hex'), threshold, owners };
  await recordEvent(tx, chain.id, { kind: 'root-accepted', body, ...author });
  await markEverySubject(tx, chain.id);
}

/** A chain from before there were versions of roots has its first one in its own row alone. */
async function keepFirst(
  tx: Transaction,
  chainId: number,
  { version, threshold, keys }: TrustedRoot,
): Promise<void> {
  await tx.query(
    `insert into trust_root (chain_id, version, owners, threshold, accepted_at)
     select id, $2, $3, $4, created_at from chain where id = $1 on conflict do nothing`,
    [chainId, version, JSON.stringify(keys), threshold],
  );
}
