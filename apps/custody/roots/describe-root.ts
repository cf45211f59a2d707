import { fingerprintOf, parsePublicKey } from '#in-toto/index.js';
import type { ListedRoot } from '#trust/roots/list-roots.js';
import { card, short, table } from '../output.js';
import type { RootPayload } from './root-document.js';

export function describeRoots([inForce, ...older]: readonly ListedRoot[]): string {
  if (!inForce) {
    return '';
  }
  const before = table(
    ['VERSION', 'ACCEPTED', 'BY TOKEN', 'REASON'],
    [inForce, ...older].map(({ version, acceptedAt, actor, reason }) => [
      String(version),
      acceptedAt,
      actor ?? '-',
      reason ?? '',
    ]),
  );
  const owners = inForce.owners.map(({ owner, fingerprint }): Owner => ({ owner, fingerprint }));
  return `${rootCard(inForce.version, inForce.threshold, owners)}\n${before}`;
}

/** What somebody is about to sign. */
export function describePayload({ chain, version, threshold, owners }: RootPayload): string {
  const named = owners.map(
    ({ owner, key }): Owner => ({ owner, fingerprint: fingerprintOf(parsePublicKey(key)) ?? '?' }),
  );
  return card([['chain', chain]]) + rootCard(version, threshold, named);
}

interface Owner {
  readonly owner: string;
  readonly fingerprint: string;
}

function rootCard(version: number, threshold: number, owners: readonly Owner[]): string {
  return card([
    ['version', String(version)],
    ['threshold', `${threshold} of ${new Set(owners.map(({ owner }) => owner)).size} owners`],
    ...owners.map(({ owner, fingerprint }): [string, string] => [
      'owner',
      owner === fingerprint ? short(fingerprint) : `${owner}, key ${short(fingerprint)}`,
    ]),
  ]);
}
