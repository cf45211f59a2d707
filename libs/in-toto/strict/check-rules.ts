import type { Inspection, Item, Step } from '../metadata/items.js';
import type { Layout } from '../metadata/layout.js';
import { type ArtifactRule, type Rule, readRule } from '../rules/grammar.js';
import { isNormalPath } from './check-names.js';
import { type StrictIssue, someOf, warn } from './issues.js';

/** Rules that are legal and do less than they look. */
export function checkRules(layout: Layout): StrictIssue[] {
  const steps = new Set(layout.steps.map(({ name }) => name));
  const all = new Set([...steps, ...layout.inspect.map(({ name }) => name)]);
  return [
    ...layout.steps.flatMap((step, i) => itemIssues(step, `steps/${i}`, steps)),
    ...layout.inspect.flatMap((inspection, i) => itemIssues(inspection, `inspect/${i}`, all)),
    ...placeholders(layout),
  ];
}

function itemIssues(item: Item, where: string, visible: ReadonlySet<string>): StrictIssue[] {
  return [
    ...listIssues(item.expectedMaterials, `${where}/expected_materials`, visible),
    ...listIssues(item.expectedProducts, `${where}/expected_products`, visible),
  ];
}

function listIssues(
  list: readonly ArtifactRule[],
  where: string,
  visible: ReadonlySet<string>,
): StrictIssue[] {
  const rules = list.map((rule) => readRule(rule));
  return [
    ...openEnd(rules, where),
    ...rules.flatMap((rule, i) => ruleIssues(rule, `${where}/${i}`, visible)),
  ];
}

function openEnd(rules: readonly Rule[], where: string): StrictIssue[] {
  const last = rules.at(-1);
  if (last?.type === 'disallow' && /^\*+$/.test(last.pattern)) return [];
  return [
    warn(
      'RULES_OPEN_ENDED',
      where,
      'End the list with ["DISALLOW", "*"]: in-toto lets artifacts that no rule consumed through.',
    ),
  ];
}

function ruleIssues(rule: Rule, where: string, visible: ReadonlySet<string>): StrictIssue[] {
  const issues: StrictIssue[] = [];
  if (rule.type === 'match' && !visible.has(rule.destinationName)) {
    issues.push(
      warn(
        'MATCH_STEP_UNKNOWN',
        where,
        'Name a step of this layout after FROM.',
        someOf([rule.destinationName]),
      ),
    );
  }
  if (rule.type === 'require' && /[*?[]/.test(rule.pattern)) {
    issues.push(
      warn(
        'REQUIRE_IS_LITERAL',
        where,
        'Name each required artifact in a rule of its own.',
        someOf([rule.pattern]),
      ),
    );
  }
  const odd = pathsOf(rule).filter((path) => !isNormalPath(path));
  if (odd.length > 0) {
    issues.push(
      warn(
        'PATTERN_NOT_NORMAL',
        where,
        'Write paths as links record them, "/" between parts and no dots.',
        someOf(odd),
      ),
    );
  }
  return issues;
}

function pathsOf(rule: Rule): string[] {
  if (rule.type !== 'match') return [rule.pattern];
  // A prefix may end in "/".
  const prefixes = [rule.sourcePrefix, rule.destinationPrefix].map((prefix) => prefix.replace(/\/$/, ''));
  return [rule.pattern, ...prefixes];
}

/** in-toto 1.0, 4.3.4: rules and commands may hold `{NAME}`, for which the caller of a verification gives a value. */
function placeholders(layout: Layout): StrictIssue[] {
  const texts = [...layout.steps, ...layout.inspect]
    .flatMap(textsOf)
    .filter((text) => /\{[^{}]*\}/.test(text));
  if (texts.length === 0) return [];
  return [
    warn(
      'PLACEHOLDERS',
      '',
      'Write the values into the layout, or see to it that every verification gets them.',
      someOf(texts),
    ),
  ];
}

function textsOf(item: Step | Inspection): string[] {
  const command = 'run' in item ? item.run : item.expectedCommand;
  const rules = [...item.expectedMaterials, ...item.expectedProducts].flat();
  return [...rules, ...command.filter((word) => typeof word === 'string')];
}
