import type { Explanation } from '#persistence/verdicts/explanation.js';
import type { MetSignature } from '#persistence/verdicts/verdict-basis.js';
import type { Outcome, VerdictBody } from '#persistence/verdicts/verdict-body.js';

/** What comes out of judging a subject, before it is stored. */
export interface Judgement {
  readonly outcome: Outcome;
  readonly body: VerdictBody;
  /** After this time the outcome allows nothing. */
  readonly validUntil: Date | null;
  readonly explanation: Explanation;
  /** As long as each of them stands as it did, the outcome is the same. */
  readonly reliesOn: readonly MetSignature[];
}

export type AboutLayout = NonNullable<VerdictBody['layout']>;
