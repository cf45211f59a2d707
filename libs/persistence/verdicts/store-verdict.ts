import { type Mark, markSubjects } from '../subjects/marks.js';
import type { Transaction } from '../transaction.js';
import { type CurrentGrounds, currentGrounds, type FoundVerdict, insertVerdict } from './insert-verdict.js';
import { causeOf } from './verdict-cause.js';

export interface NewVerdict extends FoundVerdict {
  /** Digests whose appearance in a link without a run may change the verdict. */
  readonly watch: readonly Buffer[];
}

/** `stored`: a new row. `unchanged`: the same inputs as the current verdict. `outdated`: something happened meanwhile. */
export type StoreResult = 'stored' | 'unchanged' | 'outdated';

/**
 * Stores a verdict and clears its mark, unless the mark has moved on since the evidence was read: then the verdict may
 * be about yesterday's evidence and a newer job is on its way.
 */
export async function storeVerdict(tx: Transaction, mark: Mark, verdict: NewVerdict): Promise<StoreResult> {
  const [, cleared] = await tx.query<[unknown, number]>(
    'delete from verification_mark where chain_id = $1 and subject = $2 and generation = $3',
    [mark.chainId, mark.subject, mark.generation],
  );
  if (cleared === 0) {
    return 'outdated';
  }
  if (await watchNew(tx, mark, verdict.watch)) {
    // A link with such a digest may have come after the evidence was read and before the watch stood: look again.
    await markSubjects(tx, mark.chainId, [mark.subject]);
  }
  const before = await currentGrounds(tx, mark);
  if (before && isSame(before, verdict)) {
    return 'unchanged';
  }
  await insertVerdict(tx, mark, verdict, causeOf(before, verdict));
  return 'stored';
}

/** The digest says it all, unless somebody changed the row. */
function isSame(current: CurrentGrounds, { inputsDigest, outcome, validUntil }: NewVerdict): boolean {
  return (
    current.inputsDigest.equals(inputsDigest) &&
    current.outcome === outcome &&
    current.validUntil?.getTime() === validUntil?.getTime()
  );
}

/** Brings what the subject watches up to date. True when there is something new to watch. */
async function watchNew(
  tx: Transaction,
  { chainId, subject }: Mark,
  digests: readonly Buffer[],
): Promise<boolean> {
  const added = await tx.query<object[]>(
    `with gone as (
       delete from subject_watch where chain_id = $1 and subject = $2 and digest <> all($3::bytea[]))
     insert into subject_watch (chain_id, digest, subject)
     select distinct $1::integer, digest, $2::bytea from unnest($3::bytea[]) digest on conflict do nothing returning 1`,
    [chainId, subject, digests],
  );
  return added.length > 0;
}
