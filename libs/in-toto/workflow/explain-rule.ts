import { type Finding, MAX_PATHS } from '../findings.js';
import { pathsOf } from '../metadata/artifacts.js';
import type { ItemRules, RuleFailure } from '../rules/item-rules.js';
import { applyRules } from '../rules/item-rules.js';
import { nearestMiss } from '../rules/nearest-miss.js';
import { mostSimilar } from '../rules/similar.js';
import type { Work } from '../rules/work.js';
import { clip, list } from './wording.js';

type RuleFinding = Omit<Finding, 'severity' | 'sublayout'>;

/** Says why a rule failed: which artifacts, and what came closest to satisfying it. */
export function explainFailure(failure: RuleFailure, rules: ItemRules, work: Work): RuleFinding {
  return failure.kind === 'REQUIRED'
    ? explainRequired(failure, rules, work)
    : explainDisallowed(failure, rules, work);
}

function explainDisallowed(failure: RuleFailure, rules: ItemRules, work: Work): RuleFinding {
  const { side } = rules;
  const { index, paths } = failure;
  const text = ruleText(rules, index);
  const [first = ''] = paths;
  const miss = nearestMiss(first, index, rules, work);
  return {
    code: 'RULE_DISALLOWED',
    message: `The rule "${text}" finds ${paths.length} of the ${side} that no earlier rule accounts for: ${list(paths)}.`,
    fix: miss
      ? `Find out where "${clip(first)}" comes from: it should have satisfied an earlier rule; else change the rules of the layout.`
      : `Keep "${clip(first)}" out of the ${side}, or add a rule before "${text}" that accounts for it.`,
    side,
    rule: { index, text },
    paths: paths.slice(0, MAX_PATHS),
    ...(miss?.expected ? { expected: miss.expected } : {}),
    ...(miss?.found ? { found: miss.found } : {}),
    ...(miss ? { nearestMiss: `"${clip(first)}": ${miss.text}` } : {}),
  };
}

function explainRequired(failure: RuleFailure, rules: ItemRules, work: Work): RuleFinding {
  const { side, artifacts } = rules;
  const { index, paths } = failure;
  const text = ruleText(rules, index);
  const [path = ''] = paths;
  const recorded = Object.hasOwn(artifacts[side], path);
  const consumer = recorded ? consumingRule(path, index, rules, work) : undefined;
  const similar = recorded ? undefined : mostSimilar(path, pathsOf(artifacts[side]));
  const miss = consumer
    ? `"${clip(path)}" was consumed by "${consumer}" before`
    : similar && `there is "${clip(similar)}"`;
  return {
    code: 'RULE_REQUIRED',
    message:
      `The rule "${text}" does not find "${clip(path)}" ${recorded ? 'any more' : ''} among the ${side}.`.replace(
        '  ',
        ' ',
      ),
    fix: recorded
      ? `Move "${text}" before the rule that consumes it.`
      : `Have "${clip(path)}" recorded among the ${side}.`,
    side,
    rule: { index, text },
    paths,
    expected: [path],
    ...(miss ? { nearestMiss: miss } : {}),
  };
}

/** The rule that took the path out of the queue: found by applying the rules again. */
function consumingRule(path: string, failing: number, rules: ItemRules, work: Work): string | undefined {
  let applied = 0;
  let consumer: number | undefined;
  applyRules({ ...rules, rules: rules.rules.slice(0, failing) }, work, (queue) => {
    if (consumer === undefined && !queue.includes(path)) consumer = applied;
    applied++;
  });
  return consumer === undefined ? undefined : ruleText(rules, consumer);
}

function ruleText({ rules }: ItemRules, index: number): string {
  return (rules[index] ?? []).join(' ');
}
