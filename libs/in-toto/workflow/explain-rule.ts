import { type Finding, MAX_PATHS } from '../findings.js';
import type { ItemRules, RuleFailure } from '../rules/item-rules.js';

/** Says why a rule failed: which artifacts, and what came closest to satisfying it. */
export function explainFailure(failure: RuleFailure, { side, rules }: ItemRules): Omit<Finding, 'severity'> {
  const text = (rules[failure.index] ?? []).join(' ');
  const [first = ''] = failure.paths;
  const common = { side, rule: { index: failure.index, text }, paths: failure.paths.slice(0, MAX_PATHS) };
  if (failure.kind === 'REQUIRED') {
    return {
      ...common,
      code: 'RULE_REQUIRED',
      message: `The rule "${text}" does not find "${first}" among the ${side}.`,
      fix: `Have the step record "${first}" among its ${side}.`,
    };
  }
  return {
    ...common,
    code: 'RULE_DISALLOWED',
    message: `The rule "${text}" matches ${failure.paths.length} of the ${side}: ${failure.paths.slice(0, 5).join(', ')}.`,
    fix: `Keep "${first}" out of the ${side}, or add a rule that allows it.`,
  };
}
