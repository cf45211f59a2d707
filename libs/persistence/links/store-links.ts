import { holdChainForLinks, holdChainForSubject } from '../subjects/chain-lock.js';
import { makeKnown, unknownSubjects } from '../subjects/known-subjects.js';
import { markSubjects } from '../subjects/marks.js';
import { subjectsTouchedBy } from '../subjects/touched-subjects.js';
import type { Transaction } from '../transaction.js';
import { insertLinks } from './insert-links.js';
import type { IndexedLink, LinkInRun, NewLink } from './new-link.js';

/**
 * Indexes links of one chain in one transaction, with the marks of every subject whose verdict they may change. All
 * statements take whole batches, so that the cost of a commit is shared.
 */
export async function storeLinks(
  tx: Transaction,
  chainId: number,
  links: readonly NewLink[],
): Promise<IndexedLink[]> {
  const declared = links.flatMap((link) => link.declared ?? []);
  const unknown = declared.length > 0 ? await unknownSubjects(tx, chainId, declared) : [];
  await (unknown.length > 0 ? holdChainForSubject(tx, chainId) : holdChainForLinks(tx, chainId));

  const indexed = await insertLinks(tx, chainId, links);
  const inRuns = indexed.filter((link): link is LinkInRun => link.run !== undefined);
  const joined = inRuns.length > 0 ? await joinRuns(tx, chainId, inRuns) : [];
  const known = unknown.length > 0 ? await makeKnown(tx, chainId, unknown) : [];
  const touched = await subjectsTouchedBy(tx, chainId, indexed, joined);
  await markSubjects(tx, chainId, [...known, ...touched]);
  return indexed;
}

/** Returns the runs that got a link they did not have. A link joins a run once; a later attempt moves it up. */
async function joinRuns(tx: Transaction, chainId: number, links: readonly LinkInRun[]): Promise<string[]> {
  const newest = new Map(links.map((link) => [`${link.seq} ${link.run}`, link]));
  for (const link of links) {
    const key = `${link.seq} ${link.run}`;
    if (link.attempt > (newest.get(key)?.attempt ?? 0)) {
      newest.set(key, link);
    }
  }
  const members = [...newest.values()];
  const rows = await tx.query<{ run: string }[]>(
    `insert into run_link (chain_id, run, link, attempt)
     select $1, run, link, attempt
       from unnest($2::text[], $3::bigint[], $4::integer[]) as new(run, link, attempt) order by run, link
     on conflict (chain_id, run, link) do update set attempt = excluded.attempt
      where run_link.attempt < excluded.attempt
     returning run`,
    [
      chainId,
      members.map((link) => link.run),
      members.map((link) => link.seq),
      members.map((link) => link.attempt),
    ],
  );
  return [...new Set(rows.map((row) => row.run))];
}
