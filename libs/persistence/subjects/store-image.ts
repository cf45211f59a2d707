import type { Transaction } from '../transaction.js';
import { holdChainForSubject } from './chain-lock.js';
import { insertRelations, knownRelatives } from './image-relations.js';
import { makeKnown, relateSubjects } from './known-subjects.js';
import { markSubjects } from './marks.js';
import type { ImageFile } from './read-manifest.js';
import { SERVICE } from './turns.js';

/** Indexes an image manifest or index whose blob is stored, with the marks of every subject that it concerns. */
export async function storeImage(
  tx: Transaction,
  chainId: number,
  { digest, kind, relations }: ImageFile,
  principal = SERVICE,
): Promise<void> {
  await holdChainForSubject(tx, chainId);
  await insertRelations(tx, chainId, relations);
  // The manifests of an index are what it is judged by, so their verdicts are kept up to date with it.
  const own = kind === 'index' ? relations.map(({ covered }) => covered) : [];
  await makeKnown(tx, chainId, [digest, ...own]);
  const touched = await knownRelatives(tx, chainId, [digest, ...relations.map(({ covered }) => covered)]);
  await relateSubjects(tx, chainId, touched);
  await markSubjects(tx, chainId, touched, principal);
}
