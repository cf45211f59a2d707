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
  const { principal, watchesMore } = await clearMark(tx, mark, verdict.watch);
  if (principal === null) {
    return 'outdated';
  }
  if (watchesMore) {
    // A link with such a digest may have come after the evidence was read and before the watch stood: look again.
    await markSubjects(tx, mark.chainId, [mark.subject], principal);
  }
  return insertIfDifferent(tx, mark, verdict);
}

/**
 * Stores what is answered while a verification fails. The mark stays, so that it is tried again, and so does what the
 * subject watches.
 */
export async function storeFailure(tx: Transaction, mark: Mark, verdict: FoundVerdict): Promise<StoreResult> {
  const [standing] = await tx.query<unknown[]>(
    `select from verification_mark where chain_id = $1 and subject = $2 and generation = $3 for update`,
    [mark.chainId, mark.subject, mark.generation],
  );
  return standing ? insertIfDifferent(tx, mark, verdict) : 'outdated';
}

async function insertIfDifferent(tx: Transaction, mark: Mark, verdict: FoundVerdict): Promise<StoreResult> {
  const before = await currentGrounds(tx, mark);
  if (before && isSame(before, verdict)) {
    return 'unchanged';
  }
  await insertVerdict(tx, mark, verdict, causeOf(before, verdict));
  return 'stored';
}

/** The digest says it all, unless somebody changed the row. */
function isSame(current: CurrentGrounds, { inputsDigest, outcome, validUntil }: FoundVerdict): boolean {
  return (
    current.inputsDigest.equals(inputsDigest) &&
    current.outcome === outcome &&
    current.validUntil?.getTime() === validUntil?.getTime()
  );
}

interface Clearing {
  /** Whose mark it was; null: it does not stand any more. */
  readonly principal: string | null;
  readonly watchesMore: boolean;
}

/** Clears the mark if it stands, and then brings what the subject watches up to date. */
async function clearMark(
  tx: Transaction,
  { chainId, subject, generation }: Mark,
  watch: readonly Buffer[],
): Promise<Clearing> {
  const [result] = await tx.query<[Clearing]>(
    `with cleared as (
       delete from verification_mark where chain_id = $1 and subject = $2 and generation = $3 returning principal),
     gone as (
       delete from subject_watch
        where chain_id = $1 and subject = $2 and digest <> all($4::bytea[]) and exists (select from cleared)),
     added as (
       insert into subject_watch (chain_id, digest, subject)
       select distinct $1, digest, $2 from unnest($4::bytea[]) digest where exists (select from cleared)
       on conflict do nothing returning 1)
     select (select principal from cleared) as principal, exists (select from added) as "watchesMore"`,
    [chainId, subject, generation, watch],
  );
  return result;
}
