import type { Reply } from '../support/client.js';
import type { World } from './world.js';

/** What becomes of a digest, or of an upload: `unknown` is 404, `refused` any other refusal. */
export type Ending = 'pass' | 'fail' | 'pending' | 'unknown' | 'refused';

export interface Scenario {
  readonly name: string;
  /** Plays the story; returns the digest that somebody wants to deploy, or the refusal that ended it. */
  readonly story: (world: World) => Promise<string | Reply>;
  /** `pass` for an honest pipeline, which must not suffer from the defence; anything else for an attack. */
  readonly expect: Ending;
  /** A code that the verdict, or the refusal, must give as a reason. */
  readonly finding?: string;
  /** An honest story beside which somebody uses up what he can; it must end as on any other day. */
  readonly starves?: true;
}

export interface Result {
  readonly scenario: Scenario;
  readonly got: Ending;
  readonly codes: readonly string[];
  /** Milliseconds from the last act of the story to its verdict. */
  readonly decided: number;
}

export const isAttack = ({ expect, starves }: Scenario): boolean => expect !== 'pass' && !starves;

/** An attack that ended in what it was made for. */
export const isAccepted = ({ scenario, got }: Result): boolean => isAttack(scenario) && got === 'pass';

export function isAsExpected({ scenario, got, codes }: Result): boolean {
  return got === scenario.expect && (scenario.finding === undefined || codes.includes(scenario.finding));
}

/** Somebody was kept from what he was entitled to. */
export const isStarved = (result: Result): boolean =>
  result.scenario.starves === true && !isAsExpected(result);
