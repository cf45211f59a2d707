import type { KeyRecord } from './key-record.js';

/** What is said of a key beside its changes; what is undefined stays as it is, null takes a date away. */
export interface Description {
  readonly owner?: string | undefined;
  readonly notBefore?: Date | null | undefined;
  readonly notAfter?: Date | null | undefined;
}

export type Described = keyof Description;

/** What the description would change. */
export function changedBy(record: KeyRecord, { owner, notBefore, notAfter }: Description): Described[] {
  const changed: Described[] = [];
  if (owner !== undefined && owner !== record.owner) changed.push('owner');
  if (notBefore !== undefined && !sameDate(notBefore, record.notBefore)) changed.push('notBefore');
  if (notAfter !== undefined && !sameDate(notAfter, record.notAfter)) changed.push('notAfter');
  return changed;
}

/**
 * What of it may let more count than before: a date that moves outwards or goes, and another owner in the place of one
 * that was named, since two keys of one owner would count as two. A first owner's name only joins keys.
 */
export function widenedBy(record: KeyRecord, description: Description): Described[] {
  const { notBefore, notAfter } = description;
  const narrows: Record<Described, boolean> = {
    owner: record.owner === record.fingerprint,
    notBefore: !record.notBefore || (notBefore instanceof Date && notBefore > record.notBefore),
    notAfter: !record.notAfter || (notAfter instanceof Date && notAfter < record.notAfter),
  };
  return changedBy(record, description).filter((field) => !narrows[field]);
}

function sameDate(one: Date | null, other: Date | undefined): boolean {
  return one?.getTime() === other?.getTime();
}
