import { holdChainForLinks, holdChainForSubject } from '../subjects/chain-lock.js';
import { makeKnown, unknownSubjects } from '../subjects/known-subjects.js';
import { byPosters, NONE_DECLARED, relateDeclared, subjectsTouchedBy } from '../subjects/touched-subjects.js';
import { markTouch } from '../subjects/wide-touches.js';
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
  const indexed = backInOrder(links, await judgedByNow(tx, chainId, stored));
  const inRuns = indexed.filter((link): link is LinkInRun => link.run !== undefined);
  const joined = await joinRuns(tx, chainId, indexed, at);
  const relations = declared.length > 0 ? await relateDeclared(tx, chainId, inRuns, at) : NONE_DECLARED;
  const recorded = record(postingsOf({ indexed, joined, declared: relations.declared }, at));
  // Whichever fails first is what the caller is told.
  recorded.catch(() => undefined);

  const known = unknown.length > 0 ? await makeKnown(tx, chainId, unknown) : [];
  const changedRuns = [...new Set(joined.members.map(({ run }) => run))];
  const { touched, wide } = await subjectsTouchedBy(tx, chainId, indexed, changedRuns);
  const madeKnown = inRuns.flatMap(({ run, declared }) =>
    declared && known.some((subject) => subject.equals(declared)) ? [{ run, subject: declared }] : [],
  );
  const here = byPosters(inRuns, [...madeKnown, ...relations.related]);
  await markTouch(tx, chainId, { touched: [...here, ...touched], wide });
  await recorded;
  return indexed;
}

/**
 * That nobody who may has signed a link was found by what the chain trusted a moment ago. If that has changed, the link may
 * count by now, so that it is taken for one that does. Who is about to change it waits for this transaction, or, if he was
 * first, has his change taken for granted.
 */
async function judgedByNow(
  tx: Transaction,
  chainId: number,
  links: readonly IndexedLink[],
): Promise<IndexedLink[]> {
  if (links.every(({ decides }) => decides)) {
    return [...links];
  }
  const [now] = await tx.query<{ trust_epoch: string }[]>(
    'select trust_epoch from chain where id = $1 for share skip locked',
    [chainId],
  );
  return links.map((link) => ({
    ...link,
    decides: link.decides || now === undefined || link.trustEpoch !== now.trust_epoch,
  }));
}
