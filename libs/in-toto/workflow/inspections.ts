import type { Inspection } from '../metadata/items.js';
import type { Layout } from '../metadata/layout.js';
import type { Link } from '../metadata/link.js';
import type { ItemWithLink } from './artifact-rules.js';
import { type InspectionFailure, report, type Scope } from './scope.js';
import { suppliedInspection } from './supplied-inspections.js';

/**
 * Reference step 10 (in-toto 1.0 §5.2.8): all inspections are run, in order, before a rule of any is looked at, and none
 * after one has failed. This library starts no process: the caller runs them, or offers links of inspections that were
 * run elsewhere.
 */
export function runInspections(layout: Layout, scope: Scope): ItemWithLink[] {
  const inspected: ItemWithLink[] = [];
  for (const inspection of layout.inspect) {
    const supplied = suppliedInspection(inspection, scope);
    const link = supplied?.type === 'link' ? supplied : (scope.inspect?.(inspection) ?? supplied);
    if (link?.type === 'link' && hasSucceeded(link)) {
      inspected.push({ item: inspection, kind: 'inspection', link });
      continue;
    }
    if (link?.type === 'link' || scope.inspect) reportFailed(inspection, link, scope);
    else reportNotExecuted(inspection, link, scope);
    if (scope.inspect) break;
  }
  return inspected;
}

/** A command must end with the integer 0. */
function hasSucceeded(link: Link): boolean {
  return returnValue(link) === 0;
}

function returnValue({ byproducts }: Link): unknown {
  return Object.hasOwn(byproducts, 'return-value') ? byproducts['return-value'] : undefined;
}

function reportFailed(
  inspection: Inspection,
  link: Link | InspectionFailure | undefined,
  scope: Scope,
): void {
  const reason =
    link?.type === 'link' ? `return value ${String(returnValue(link))}` : (link?.reason ?? 'no result');
  report(scope, 'error', {
    code: 'INSPECTION_FAILED',
    message: `The inspection "${inspection.name}" failed: ${reason}.`,
    fix: `Find out why the command of inspection "${inspection.name}" fails on this product.`,
    inspection: inspection.name,
    expected: ['return value 0'],
    found: [reason],
  });
}

function reportNotExecuted(
  inspection: Inspection,
  refused: InspectionFailure | undefined,
  scope: Scope,
): void {
  report(scope, 'error', {
    code: 'INSPECTION_NOT_EXECUTED',
    message: `The inspection "${inspection.name}" was neither run nor supplied.`,
    fix: `Run inspection "${inspection.name}" where the product is, and supply the link of it.`,
    inspection: inspection.name,
    ...(refused ? { nearestMiss: refused.reason } : {}),
  });
}
