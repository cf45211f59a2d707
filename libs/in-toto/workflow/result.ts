import type { Finding } from '../findings.js';
import type { Link } from '../metadata/link.js';

/** Evidence that is still to come: a step with fewer validly signed links of different authorized keys than it needs. */
export interface MissingStep {
  readonly step: string;
  readonly sublayout?: readonly string[];
  readonly threshold: number;
  readonly have: number;
  readonly authorizedKeyids: readonly string[];
}

/** A link that counted. */
export interface UsedLink {
  readonly step: string;
  /** The id under which the layout authorizes it. */
  readonly keyid: string;
  /** Relative to the link directory of the root layout. */
  readonly fileName: string;
}

/** The artifact queue after each rule of one side of an item, sorted by code point. */
export interface RuleTrace {
  readonly item: string;
  readonly side: 'materials' | 'products';
  readonly queues: readonly (readonly string[])[];
  readonly failed: boolean;
}

export interface VerificationResult {
  readonly outcome: 'pass' | 'fail';
  /** Errors first, in the order in which the reference checks: the first is the one it would stop at. */
  readonly findings: readonly Finding[];
  /** Complete for all steps whenever links were looked for. */
  readonly missing: readonly MissingStep[];
  readonly used: readonly UsedLink[];
  /** On pass: materials of the first step, products of the last (in-toto 1.0 §4.5.3, for a sublayout its link). */
  readonly summary?: Link;
  readonly trace?: readonly RuleTrace[];
}
