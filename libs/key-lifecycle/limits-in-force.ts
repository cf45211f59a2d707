import type { KeyChange } from './key-record.js';

/** A change that takes trust away. */
export type Limit = Extract<KeyChange, { kind: 'retired' | 'suspended' | 'compromised' | 'misissued' }>;

/**
 * The limits that no later change has ended. What ends a limit cannot be undone itself: to limit the key again, record
 * the limit again.
 */
export function limitsInForce(changes: readonly KeyChange[]): Limit[] {
  return changes.filter(
    (change, index): change is Limit =>
      isLimit(change) && !changes.slice(index + 1).some((later) => ends(later, change)),
  );
}

function isLimit({ kind }: KeyChange): boolean {
  return kind !== 'lifted' && kind !== 'undone';
}

function ends(later: KeyChange, { seq, kind }: KeyChange): boolean {
  return later.kind === 'lifted' ? kind === 'suspended' : later.kind === 'undone' && later.undoes === seq;
}
