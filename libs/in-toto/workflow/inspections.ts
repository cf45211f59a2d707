import type { Inspection } from '../metadata/items.js';
import type { Layout } from '../metadata/layout.js';
import type { Link } from '../metadata/link.js';
import type { ItemWithLink } from './artifact-rules.js';
import { report, type Scope } from './scope.js';

/**
 * Reference step 10 (in-toto 1.0 §5.2.8): all inspections are run, in order, before a rule of any is looked at. This
 * library starts no process: the caller runs them, or offers links of inspections that were run elsewhere.
 */
export function runInspections(layout: Layout, scope: Scope): ItemWithLink[] {
  return layout.inspect.flatMap((inspection) => {
    const link = scope.inspect ? runInspection(inspection, scope) : undefined;
    if (scope.inspect === undefined) reportNotExecuted(inspection, scope);
    return link ? [{ item: inspection, kind: 'inspection' as const, link }] : [];
  });
}

function runInspection(inspection: Inspection, scope: Scope): Link | undefined {
  const link = scope.inspect?.(inspection);
  const reason = link?.type === 'link' ? failedReturnValue(link) : (link?.reason ?? '');
  if (link?.type === 'link' && reason === undefined) return link;
  report(scope, 'error', {
    code: 'INSPECTION_FAILED',
    message: `The inspection "${inspection.name}" failed: ${reason}.`,
    fix: `Find out why the command of inspection "${inspection.name}" fails on this product.`,
    inspection: inspection.name,
    expected: ['return value 0'],
    found: [reason ?? ''],
  });
  return undefined;
}

/** A command must end with the integer 0. */
function failedReturnValue({ byproducts }: Link): string | undefined {
  const value = Object.hasOwn(byproducts, 'return-value') ? byproducts['return-value'] : undefined;
  return value === 0 || value === false ? undefined : `return value ${String(value)}`;
}

function reportNotExecuted(inspection: Inspection, scope: Scope): void {
  report(scope, 'error', {
    code: 'INSPECTION_NOT_EXECUTED',
    message: `The inspection "${inspection.name}" was neither run nor supplied.`,
    fix: `Run inspection "${inspection.name}" where the product is, and supply the link of it.`,
    inspection: inspection.name,
  });
}
