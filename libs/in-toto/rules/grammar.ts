import { InTotoError } from '../errors.js';
import { isArray, isString, type JsonValue } from '../json/value.js';

/** A rule as layouts write it: a list of strings. */
export type ArtifactRule = readonly string[];

/** in-toto 1.0 §4.3.3. Keywords are case-insensitive; patterns, prefixes and names are not. */
export type Rule =
  | {
      readonly type: 'create' | 'delete' | 'modify' | 'allow' | 'disallow' | 'require';
      readonly pattern: string;
    }
  | MatchRule;

export interface MatchRule {
  readonly type: 'match';
  readonly pattern: string;
  /** Directory that the pattern is relative to on this side; "" for none. */
  readonly sourcePrefix: string;
  /** Directory on the other step's side; "" for none. */
  readonly destinationPrefix: string;
  readonly destinationType: 'materials' | 'products';
  /** Name of the step or inspection whose artifacts are compared. */
  readonly destinationName: string;
}

const SIMPLE = ['create', 'delete', 'modify', 'allow', 'disallow', 'require'] as const;

/** MATCH pattern [IN prefix] WITH (MATERIALS|PRODUCTS) [IN prefix] FROM step, by the positions of its keywords. */
const MATCH_FORMS = [
  { length: 6, words: { 2: 'with', 4: 'from' }, source: 0, type: 3, destination: 0, name: 5 },
  { length: 8, words: { 2: 'in', 4: 'with', 6: 'from' }, source: 3, type: 5, destination: 0, name: 7 },
  { length: 8, words: { 2: 'with', 4: 'in', 6: 'from' }, source: 0, type: 3, destination: 5, name: 7 },
  {
    length: 10,
    words: { 2: 'in', 4: 'with', 6: 'in', 8: 'from' },
    source: 3,
    type: 5,
    destination: 7,
    name: 9,
  },
];

/** Reads one rule; throws METADATA_INVALID. Reference: rulelib.unpack_rule. */
export function readRule(value: JsonValue): Rule {
  if (!isArray(value) || !value.every(isString)) throw malformed('a rule is a list of strings', value);
  const [keyword = '', pattern] = value;
  const type = keyword.toLowerCase();
  if (pattern === undefined) throw malformed('a rule has a keyword and a pattern', value);
  if (type === 'match') return readMatch(value, pattern);
  const simple = SIMPLE.find((known) => known === type);
  if (simple === undefined) throw malformed(`unknown rule ${keyword}`, value);
  if (value.length !== 2) throw malformed(`${keyword} takes one pattern`, value);
  return { type: simple, pattern };
}

function readMatch(rule: readonly string[], pattern: string): MatchRule {
  const lower = rule.map((element) => element.toLowerCase());
  const form = MATCH_FORMS.find(
    ({ length, words }) =>
      rule.length === length &&
      Object.entries(words).every(([position, word]) => lower[Number(position)] === word),
  );
  const destinationType = form && lower[form.type];
  if (destinationType !== 'materials' && destinationType !== 'products') {
    throw malformed(
      'expected MATCH pattern [IN prefix] WITH (MATERIALS|PRODUCTS) [IN prefix] FROM step',
      rule,
    );
  }
  return {
    type: 'match',
    pattern,
    sourcePrefix: form?.source ? (rule[form.source] ?? '') : '',
    destinationPrefix: form?.destination ? (rule[form.destination] ?? '') : '',
    destinationType,
    destinationName: rule[form?.name ?? 0] ?? '',
  };
}

function malformed(reason: string, rule: JsonValue): InTotoError {
  const text = isArray(rule) ? rule.filter(isString).join(' ') : typeof rule;
  return new InTotoError('METADATA_INVALID', `${reason}: ${text.slice(0, 200)}`);
}
