/**
 * What verification will do at most for one caller. Beyond a limit the answer is a coded error or a finding, never an
 * exhausted process. Times are not limited by a clock but by counted work, so that a result can be reproduced.
 */
export interface Limits {
  /** Bytes of one metadata file, and characters that parameters may make of one layout. */
  readonly maxBytes: number;
  /** Nesting of one JSON document; can only be lowered. The reference gives up at a similar depth (its interpreter's recursion limit). */
  readonly maxDepth: number;
  /** Objects and lists of one JSON document, and the commas between what they hold: what makes it large in memory. */
  readonly maxValues: number;
  /** Decimal digits of one integer, as in Python's int(). */
  readonly maxIntegerDigits: number;
  /** Sublayouts within sublayouts. */
  readonly maxSublayoutDepth: number;
  /** Link files looked for in one verification, sublayouts included. */
  readonly maxLinkFiles: number;
  /** Artifacts visited and pattern characters compared by all artifact rules of one verification. */
  readonly maxRuleWork: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxBytes: 64 * 1024 * 1024,
  maxDepth: 490,
  maxValues: Number.POSITIVE_INFINITY,
  maxIntegerDigits: 4300,
  maxSublayoutDepth: 16,
  maxLinkFiles: 10_000,
  maxRuleWork: 300_000_000,
};

export function withDefaults(limits: Partial<Limits> = {}): Limits {
  const maxDepth = Math.min(limits.maxDepth ?? DEFAULT_LIMITS.maxDepth, DEFAULT_LIMITS.maxDepth);
  return { ...DEFAULT_LIMITS, ...limits, maxDepth };
}
