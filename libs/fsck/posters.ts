import { type Poster, UNRECORDED } from '#persistence/postings/poster.js';
import { WITHOUT_RUN } from '#persistence/postings/posting.entity.js';
import type { LinkPosted } from '#storage/journal-record.js';
import type { LinkPosting } from './link-rows.js';

/** Records of before posters were recorded name none. */
export function isSamePoster(recorded: Poster | undefined, { principal, token }: Poster): boolean {
  const poster = recorded ?? UNRECORDED;
  return poster.principal === principal && poster.token === token;
}

/** The record is by this principal, and of the same run or without one. */
export function isOfPosting(
  { run, poster }: LinkPosted,
  posting: Pick<LinkPosting, 'run' | 'principal'>,
): boolean {
  return (run?.name ?? WITHOUT_RUN) === posting.run && poster?.principal === posting.principal;
}

/** The record says all that the row does. */
export function tellsOf(record: LinkPosted, posting: LinkPosting): boolean {
  return (
    isOfPosting(record, posting) &&
    record.at === posting.postedAt.toISOString() &&
    record.poster?.token === posting.token &&
    (record.run?.attempt ?? 1) === posting.attempt &&
    (record.run?.joined ?? null) === posting.joined
  );
}
