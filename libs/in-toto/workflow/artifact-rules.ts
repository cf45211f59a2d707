import { InTotoError } from '../errors.js';
import { compareCodePoints } from '../json/code-points.js';
import { isString } from '../json/value.js';
import type { Item } from '../metadata/items.js';
import { applyRules, type ItemArtifacts, type ItemRules } from '../rules/item-rules.js';
import { UnresolvablePath } from '../rules/match-rule.js';
import { explainFailure } from './explain-rule.js';
import { report, type Scope } from './scope.js';

/** A step or inspection with the link that stands for it. */
export interface ItemWithLink {
  readonly item: Item;
  readonly kind: 'step' | 'inspection';
  readonly link: ItemArtifacts;
}

/** Reference steps 9 and 11 (in-toto 1.0 §5.2.7): rules of all items, expected materials before expected products. */
export function verifyArtifactRules(
  items: readonly ItemWithLink[],
  referable: readonly ItemWithLink[],
  scope: Scope,
): void {
  const others = linksByName(referable);
  for (const { item, kind, link } of items) {
    const where = kind === 'step' ? { step: item.name } : { inspection: item.name };
    verifySide(
      { side: 'materials', rules: item.expectedMaterials, artifacts: link, others },
      item,
      where,
      scope,
    );
    verifySide(
      { side: 'products', rules: item.expectedProducts, artifacts: link, others },
      item,
      where,
      scope,
    );
  }
}

/** MATCH names items by strings; an item whose name is no string cannot be meant. */
function linksByName(items: readonly ItemWithLink[]): ReadonlyMap<string, ItemArtifacts> {
  return new Map(
    items.flatMap(({ item, link }) => (isString(item.rawName) ? [[item.rawName, link] as const] : [])),
  );
}

function verifySide(
  rules: ItemRules,
  item: Item,
  where: { step: string } | { inspection: string },
  scope: Scope,
): void {
  const queues: (readonly string[])[] = [];
  const afterRule =
    scope.report.trace && ((queue: readonly string[]) => queues.push([...queue].sort(compareCodePoints)));
  let applied = 0;
  let failed = true;
  try {
    const failure = applyRules(rules, scope.work, (queue) => {
      applied++;
      afterRule?.(queue);
    });
    failed = failure !== undefined;
    if (failure) report(scope, 'error', { ...explainFailure(failure, rules, scope.work), ...where });
  } catch (error) {
    const text = (rules.rules[applied] ?? []).join(' ');
    const about = { ...where, side: rules.side, rule: { index: applied, text } };
    if (error instanceof UnresolvablePath) {
      report(scope, 'error', {
        code: 'RULE_PATH_UNRESOLVABLE',
        message: `The rule "${text}" meets an artifact that, joined with its prefix, becomes "${error.path}", which is none.`,
        fix: 'Record artifacts by relative paths with "/", or match them without a prefix.',
        ...about,
        paths: [error.path],
      });
    } else if (error instanceof InTotoError) {
      report(scope, 'error', {
        code: 'RULE_MALFORMED',
        message: `With parameters put in, a rule is malformed: ${error.message}.`,
        fix: 'Change the parameters so that keywords of rules stay keywords.',
        ...about,
      });
    } else throw error;
  }
  scope.report.trace?.push({ item: item.name, side: rules.side, queues, failed });
}
