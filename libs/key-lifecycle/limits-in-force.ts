import type { KeyChange } from './key-record.js';

/** A change that takes trust away. */
export type Limit = Extract<KeyChange, { kind: 'retired' | 'suspended' | 'compromised' | 'misissued' }>;

/**
 * The limits that nothing has ended: no later change undoes them, and no suspension was lifted since. What ends a limit
 * cannot be undone itself: to limit the key again, record the limit again.
 */
export function limitsInForce(changes: readonly KeyChange[]): Limit[] {
  const undone = new Set(changes.flatMap((change) => (change.kind === 'undone' ? [change.undoes] : [])));
  const lastLift = changes.findLastIndex(({ kind }) => kind === 'lifted');
  return changes.filter(
    (change, index): change is Limit =>
      isLimit(change) && !undone.has(change.seq) && !(change.kind === 'suspended' && index < lastLift),
  );
}

function isLimit({ kind }: KeyChange): boolean {
  return kind !== 'lifted' && kind !== 'undone';
}
