import { holdChainForLinks, holdChainForSubject } from '../subjects/chain-lock.js';
import { makeKnown, unknownSubjects } from '../subjects/known-subjects.js';
import { markTouched } from '../subjects/marks.js';
import { byPosters, NONE_DECLARED, relateDeclared, subjectsTouchedBy } from '../subjects/touched-subjects.js';
import type { Transaction } from '../transaction.js';
import { writeHeavyLinks } from './heavy-links.js';
import { backInOrder, insertLinks, onceEach } from './insert-links.js';
import { joinRuns } from './join-runs.js';
import type { IndexedLink, LinkInRun, NewLink } from './new-link.js';
import { type Posting, postingsOf } from './postings.js';

/** Makes durable what the bytes of the links do not say. Left out only for links that the journal has, or nobody keeps. */
export type Recorder = (postings: readonly Posting[]) => Promise<void>;

/**
 * Indexes links of one chain in one transaction, with the marks of every subject whose verdict they may change. All
 * statements take whole batches, so that the cost of a commit is shared. What they change is recorded while the last
 * statements run, and is durable before anybody can commit.
 */
export async function storeLinks(
  tx: Transaction,
  chainId: number,
  links: readonly NewLink[],
  record: Recorder = async () => {},
): Promise<IndexedLink[]> {
  const declared = links.flatMap((link) => link.declared ?? []);
  const unknown = declared.length > 0 ? await unknownSubjects(tx, chainId, declared) : [];
  const distinct = onceEach(links);
  const heavy = await writeHeavyLinks(tx, chainId, distinct);
  const runs = links.flatMap(({ run }) => run ?? []);
  const at = await (unknown.length > 0
    ? holdChainForSubject(tx, chainId)
    : holdChainForLinks(tx, chainId, runs));

  const stored = await insertLinks(tx, chainId, distinct, heavy, at);
  const indexed = backInOrder(links, stored);
  const inRuns = indexed.filter((link): link is LinkInRun => link.run !== undefined);
  const joined = await joinRuns(tx, chainId, indexed, at);
  const relations = declared.length > 0 ? await relateDeclared(tx, chainId, inRuns, at) : NONE_DECLARED;
  const recorded = record(postingsOf({ indexed, joined, declared: relations.declared }, at));
  // Whichever fails first is what the caller is told.
  recorded.catch(() => undefined);

  const known = unknown.length > 0 ? await makeKnown(tx, chainId, unknown) : [];
  const changedRuns = [...new Set(joined.members.map(({ run }) => run))];
  const touched = await subjectsTouchedBy(tx, chainId, indexed, changedRuns);
  const madeKnown = inRuns.flatMap(({ run, declared }) =>
    declared && known.some((subject) => subject.equals(declared)) ? [{ run, subject: declared }] : [],
  );
  await markTouched(tx, chainId, [...byPosters(inRuns, [...madeKnown, ...relations.related]), ...touched]);
  await recorded;
  return indexed;
}
