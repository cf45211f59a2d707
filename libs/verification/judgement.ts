import type { Explanation } from '#persistence/verdicts/explanation.js';
import type { Outcome, VerdictBody } from '#persistence/verdicts/verdict-body.js';

/** What comes out of judging a subject, before it is stored. */
export interface Judgement {
  readonly outcome: Outcome;
  readonly body: VerdictBody;
  /** After this time the outcome allows nothing. */
  readonly validUntil: Date | null;
  readonly explanation: Explanation;
}

export type AboutLayout = NonNullable<VerdictBody['layout']>;
