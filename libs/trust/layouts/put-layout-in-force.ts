import type { ChainName } from '#persistence/chains/visible-chain.js';
import { markEverySubject } from '#persistence/subjects/marks.js';
import type { Transaction } from '#persistence/transaction.js';
import { recordEvent } from '#persistence/trust/record-event.js';
import { registerKeys } from '#persistence/trust/register-keys.js';
import type { Author } from '../author.js';
import type { Placement } from './place-layout.js';
import { expiryOf, type LayoutFile } from './read-layout.js';

/** Does what was found to follow from posting the layout, in the transaction that holds the chain's row. */
export async function putLayoutInForce(
  tx: Transaction,
  chain: ChainName,
  file: LayoutFile,
  { kind, version }: Placement,
  author: Author,
): Promise<void> {
  if (kind === 'unchanged') {
    return;
  }
  await tx.query(
    `insert into layout (chain_id, id, statement, version, expires_at, received_at)
     values ($1, $2, $3, $4, $5, date_trunc('milliseconds', clock_timestamp()))`,
    [chain.id, file.id, file.statement, version, expiryOf(file)],
  );
  await tx.query('update chain set active_layout = $2 where id = $1', [chain.id, file.id]);
  await registerKeys(tx, chain.id, [...file.layout.keys.values()], author);
  await recordEvent(tx, chain.id, {
    kind: kind === 'new' ? 'layout-activated' : 'layout-resigned',
    body: { version, layout: file.id.toString('hex') },
    ...author,
  });
  await markEverySubject(tx, chain.id);
}
