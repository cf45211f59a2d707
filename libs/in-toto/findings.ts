/**
 * Everything that verification can find, and what it means. Codes are the contract: messages may be reworded, a code never
 * changes its meaning.
 */
export const FINDINGS = {
  LAYOUT_UNREADABLE: 'The layout file is not in-toto metadata.',
  LAYOUT_IS_A_LINK: 'The file given as the layout holds a link.',
  LAYOUT_KEYS_INVALID:
    'The keys that must have signed the layout are none, or have ids that are not hexadecimal.',
  LAYOUT_SIGNATURE_MISSING: 'A key that must have signed the layout has not.',
  LAYOUT_SIGNATURE_INVALID:
    'The signature of a key that must have signed the layout is not valid for its content.',
  LAYOUT_KEY_EXPIRED: 'A GPG key that must have signed the layout has expired.',
  LAYOUT_KEY_UNUSABLE: 'A key that must have signed the layout cannot check this kind of signature.',
  LAYOUT_EXPIRED: 'The layout has expired.',
  LAYOUT_EXPIRY_UNREADABLE: 'The expiry of the layout is no time.',
  PARAMETER_INVALID: 'The name or value of a parameter is not allowed.',
  PARAMETER_MISSING: 'The layout has a placeholder for which no parameter was given.',
  PARAMETER_FORMAT: 'A placeholder of the layout is not well-formed or uses what is not supported.',
  LINK_UNREADABLE: 'The file of a link is not in-toto metadata.',
  LINK_MISSING: 'A step has fewer link files than its threshold.',
  LINK_UNAUTHORIZED: 'A link was ignored: the layout has no key of that id for the step.',
  LINK_SIGNATURE_MISSING: 'A link was ignored: the key that its file name stands for has not signed it.',
  LINK_SIGNATURE_INVALID: 'A link was ignored: its signature is not valid for its content.',
  LINK_KEY_EXPIRED: 'A link was ignored: the GPG key that signed it has expired.',
  LINK_KEY_UNUSABLE: 'A key of the layout cannot check the kind of signature that a link has.',
  LINK_SAME_KEY: 'Several links of a step come from one key and count once.',
  THRESHOLD_NOT_MET:
    'Fewer different authorized keys than the threshold have validly signed a link of the step.',
  STEP_WITHOUT_LINK: 'A step with a threshold below one has no link that could stand for it.',
  SUBLAYOUT_KEY_UNKNOWN: 'A sublayout is signed by a key that the layout does not list itself.',
  SUBLAYOUT_TOO_DEEP: 'Sublayouts are nested deeper than allowed.',
  COMMAND_DIFFERS:
    'A step was performed with another command than expected. Only a warning: commands are easily aliased.',
  LINKS_DISAGREE: 'Links of a step with a threshold above one do not report the same materials and products.',
  RULE_MALFORMED: 'An artifact rule is malformed after parameters were put in.',
  RULE_DISALLOWED: 'A DISALLOW rule matches artifacts that no earlier rule has consumed.',
  RULE_REQUIRED: 'A REQUIRE rule does not find its artifact, or an earlier rule has consumed it.',
  RULE_PATH_UNRESOLVABLE:
    'A MATCH rule with a prefix meets a path that cannot be resolved: absolute, or with a backslash.',
  INSPECTION_NOT_EXECUTED: 'The layout asks for an inspection, which was neither run nor supplied.',
  INSPECTION_FAILED: 'The command of an inspection failed.',
  LIMIT_EXCEEDED: 'Verification would take more work than allowed.',
} as const;

export type FindingCode = keyof typeof FINDINGS;

/** One thing that verification has to say. `error` findings are why the outcome is `fail`. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: 'error' | 'warning' | 'info';
  /** What is the matter, with names. For people. */
  readonly message: string;
  /** What to do about it, one sentence. */
  readonly fix: string;
  readonly step?: string;
  readonly inspection?: string;
  /** Sublayouts on the way to it, outermost first: `<step>.<first 8 characters of the key id>`. */
  readonly sublayout?: readonly string[];
  readonly side?: 'materials' | 'products';
  /** Position in the list of rules (from 0), and the rule as written, parameters put in. */
  readonly rule?: { readonly index: number; readonly text: string };
  readonly keyid?: string;
  readonly fileName?: string;
  /** Artifact paths, at most MAX_PATHS; the message says how many there are. */
  readonly paths?: readonly string[];
  /** Key ids, hashes (`sha256:…`), times or commands that were wanted, and those that were there. */
  readonly expected?: readonly string[];
  readonly found?: readonly string[];
  /** What came closest to satisfying it, and where it differs. */
  readonly nearestMiss?: string;
}

/** Findings name at most so many paths. */
export const MAX_PATHS = 100;
