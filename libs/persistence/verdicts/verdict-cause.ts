import type { MetSignature, VerdictBasis } from './verdict-basis.js';

/** Why a verdict was found that differs in its inputs from the one before it. */
const CAUSES = ['first', 'layout', 'owners', 'settings', 'keys', 'engine', 'evidence'] as const;
export type Cause = (typeof CAUSES)[number];

/** What the history compares of two verdicts of a subject. */
export interface Grounds {
  readonly layoutId: Buffer | null;
  /** Null: stored by a build that did not say. */
  readonly basis: VerdictBasis | null;
  readonly reliesOn: readonly MetSignature[] | null;
}

/** All that changed since the verdict before; `evidence`, which time is part of, when nothing else did. */
export function causeOf(before: Grounds | undefined, now: Grounds): Cause[] {
  if (!before) {
    return ['first'];
  }
  const changed: Cause[] = [];
  if (before.layoutId?.toString('hex') !== now.layoutId?.toString('hex')) {
    changed.push('layout');
  }
  for (const part of ['owners', 'settings', 'engine'] as const) {
    if (before.basis?.[part] !== now.basis?.[part]) {
      changed.push(part);
    }
  }
  if (standingsChanged(before.reliesOn ?? [], now.reliesOn ?? [])) {
    changed.push('keys');
  }
  return changed.length === 0 ? ['evidence'] : changed;
}

/** The same signature stands otherwise than it did. Signatures that come and go are evidence. */
function standingsChanged(before: readonly MetSignature[], now: readonly MetSignature[]): boolean {
  const known = new Map(before.map((signature) => [identityOf(signature), signature]));
  return now.some((signature) => {
    const same = known.get(identityOf(signature));
    return same !== undefined && (same.standing !== signature.standing || same.owner !== signature.owner);
  });
}

function identityOf({ fingerprint, role, receivedAt }: MetSignature): string {
  return `${role} ${fingerprint} ${receivedAt}`;
}
