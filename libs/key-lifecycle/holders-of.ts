/** A key, and the person or system that answers for it. */
export interface HeldKey {
  readonly owner: string;
  readonly fingerprint: string;
}

/** Who holds these keys. Each is named once, however many of them he holds: thresholds count holders, not keys. */
export function holdersOf(keys: readonly HeldKey[]): string[] {
  return [...new Set(keys.map(({ owner }) => owner))];
}
