import { KEY_ISSUES, type KeyIssueCode } from '../keys/screen-key.js';

/**
 * What in-toto allows and a service that keeps links for years should not, or should at least mention. This is a second
 * layer: `verify()` knows nothing of it. Codes are the contract; messages may be reworded.
 */
export const STRICT_ISSUES = {
  ...KEY_ISSUES,

  DUPLICATE_MEMBER: 'An object has two members of one name. Parsers differ in which of them they see.',
  FLOAT: 'The file holds a number that is no integer. Canonical JSON, which signatures cover, has none.',
  UNSIGNED_MEMBER: 'The file holds members that no signature covers, because verification drops them.',
  UNSIGNED: 'Nobody has signed the file.',
  SIGNATURE_REPEATED: 'A key has several signatures on the file, of which a Metablock counts only the first.',

  NAME_NOT_TEXT: 'A step, inspection or link has a name that is no string, or none.',
  NAME_EMPTY: 'A step, inspection or link has an empty name.',
  NAME_UNSAFE: 'A name that becomes part of file names holds "/", "\\", ".." or a control character.',
  NAME_REPEATED: 'Two steps or inspections have the same name in file names.',

  NO_STEPS: 'The layout has no steps, so that every artifact satisfies it.',
  EXPIRES_MISSING: 'The layout does not say when it expires.',
  EXPIRES_UNREADABLE: 'The time at which the layout expires is not in ASCII digits.',
  THRESHOLD_BELOW_ONE: 'A step needs no link at all.',
  THRESHOLD_NOT_A_NUMBER: 'The threshold of a step is a boolean.',
  THRESHOLD_UNREACHABLE: 'A step needs links by more different keys than it authorizes.',
  STEP_WITHOUT_KEYS: 'A step authorizes nobody.',
  STEP_KEY_UNKNOWN: 'A step authorizes a key that the layout does not hold.',
  STEP_KEY_REPEATED: 'A step names a key twice.',
  KEYS_TOO_MANY: 'The layout holds more keys than a supply chain has functionaries.',
  KEY_UNDER_OTHER_ID: 'The layout holds a key under another id than the one the key itself states.',
  KEY_TWICE: 'One public key stands under two ids: its holder counts for two.',
  KEYID_PREFIX_SHARED:
    'Two keys of a step have ids with the same first eight characters, so their links share a file name.',

  RULES_OPEN_ENDED:
    'A list of rules does not end in DISALLOW *, so that artifacts no rule mentions are let through.',
  MATCH_STEP_UNKNOWN:
    'A MATCH rule refers to a step that the layout does not have, so that it never matches.',
  PATTERN_NOT_NORMAL:
    'A rule has a path with ".", "..", "//" or "\\", which is compared as it is, never resolved.',
  REQUIRE_IS_LITERAL: 'A REQUIRE rule has a wildcard, but REQUIRE takes its pattern as a plain path.',
  PLACEHOLDERS: 'The layout has placeholders in braces, which stay as they are unless parameters are given.',
  INSPECTION: 'The layout asks for commands to be run, which a service does not do.',

  LINK_OF_ANOTHER_STEP: 'The link says that it is of another step than the one it was given for.',
  LINK_IS_SUBLAYOUT: 'The file given for a link holds a layout: its steps are verified in its place.',
  PATH_NOT_NORMAL:
    'An artifact path has ".", "..", "//" or "\\", which rules compare as it is: DISALLOW a/* does not see b/../a/x.',
  HASHES_EMPTY: 'An artifact has no hash: it equals every other artifact without one.',
  HASH_LENGTH: 'A digest does not have the length that its algorithm gives.',
  HASH_UPPER_CASE: 'A digest is in upper case, which never equals the same digest in lower case.',
  HASH_ALGORITHMS_UNUSUAL:
    'An artifact is not recorded by sha256 alone, so that MATCH fails against links that tools write by default.',
} as const satisfies Record<KeyIssueCode, string> & Record<string, string>;

export type StrictIssueCode = keyof typeof STRICT_ISSUES;

export interface StrictIssue {
  readonly code: StrictIssueCode;
  /** `refuse`: do not take the file in. `warn`: take it in, and say so. */
  readonly severity: 'refuse' | 'warn';
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
  /** Where in the file, as a path of member names and positions: `steps/0/threshold`. */
  readonly where: string;
}

export function refuse(code: StrictIssueCode, where: string, fix: string, detail = ''): StrictIssue {
  return { code, severity: 'refuse', message: messageOf(code, detail), fix, where };
}

export function warn(code: StrictIssueCode, where: string, fix: string, detail = ''): StrictIssue {
  return { code, severity: 'warn', message: messageOf(code, detail), fix, where };
}

/** Names come from strangers and have no limit of their own. */
const LONGEST_DETAIL = 2000;

function messageOf(code: StrictIssueCode, detail: string): string {
  return detail === '' ? STRICT_ISSUES[code] : `${STRICT_ISSUES[code]} (${detail.slice(0, LONGEST_DETAIL)})`;
}

/** Names at most a few of many, and says how many there are. */
export function someOf(texts: readonly string[], most = 5): string {
  const named = texts
    .slice(0, most)
    .map((text) => JSON.stringify(text.slice(0, 200)))
    .join(', ');
  return texts.length > most ? `${named} and ${texts.length - most} more` : named;
}
