import { postImage } from '../postings/post-image.js';
import type { Poster } from '../postings/poster.js';
import type { Transaction } from '../transaction.js';
import { holdChainForSubject } from './chain-lock.js';
import { insertRelations, knownRelatives } from './image-relations.js';
import { makeKnown, relateSubjects } from './known-subjects.js';
import { markSubjects } from './marks.js';
import type { ImageFile } from './read-manifest.js';
import { SERVICE } from './turns.js';

/** Who posted it, and what makes that durable elsewhere, too, where it is new. */
export interface ImagePosted {
  readonly poster: Poster;
  readonly record: (at: Date) => Promise<void>;
}

/**
 * Indexes an image manifest or index whose blob is stored, with the marks of every subject that it concerns. Without a
 * posting the service does so by itself.
 */
export async function storeImage(
  tx: Transaction,
  chainId: number,
  { digest, kind, relations }: ImageFile,
  posted?: ImagePosted,
): Promise<void> {
  const at = await holdChainForSubject(tx, chainId);
  const isNews = posted && (await postImage(tx, chainId, digest, posted.poster, at));
  const recorded = isNews ? posted.record(at) : undefined;
  // Whichever fails first is what the caller is told.
  recorded?.catch(() => undefined);
  await insertRelations(tx, chainId, relations);
  // The manifests of an index are what it is judged by, so their verdicts are kept up to date with it.
  const own = kind === 'index' ? relations.map(({ covered }) => covered) : [];
  await makeKnown(tx, chainId, [digest, ...own]);
  const touched = await knownRelatives(tx, chainId, [digest, ...relations.map(({ covered }) => covered)]);
  await relateSubjects(tx, chainId, touched);
  await markSubjects(tx, chainId, touched, posted?.poster.principal ?? SERVICE);
  await recorded;
}
