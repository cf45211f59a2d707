import { sameArtifacts } from '../metadata/artifacts.js';
import type { Step } from '../metadata/items.js';
import type { Link } from '../metadata/link.js';
import { report, type Scope } from './scope.js';

/** A step with the links that stand for it: all validly signed, sublayouts replaced by their summary. */
export interface PerformedStep {
  readonly step: Step;
  readonly links: readonly { readonly keyid: string; readonly fileName: string; readonly link: Link }[];
}

/** Reference steps 8 and 9: with a threshold above one all links must agree, and the first stands for the step. */
export function reduceLinks(steps: readonly PerformedStep[], scope: Scope): { step: Step; link: Link }[] {
  return steps.flatMap(({ step, links }) => {
    if (step.threshold > 1) verifyAgreement({ step, links }, scope);
    const [first] = links;
    if (first === undefined) reportNoLink(step, scope);
    return first === undefined ? [] : [{ step, link: first.link }];
  });
}

function verifyAgreement({ step, links }: PerformedStep, scope: Scope): void {
  const [first, ...others] = links;
  for (const other of others) {
    const side = (['materials', 'products'] as const).find(
      (name) => first && !sameArtifacts(first.link[name], other.link[name]),
    );
    if (side === undefined) continue;
    report(scope, 'error', {
      code: 'LINKS_DISAGREE',
      message: `The links ${first?.fileName} and ${other.fileName} of step "${step.name}" report different ${side}.`,
      fix: `Perform step "${step.name}" again so that all its functionaries get the same result.`,
      step: step.name,
      side,
      fileName: other.fileName,
    });
  }
}

function reportNoLink(step: Step, scope: Scope): void {
  report(scope, 'error', {
    code: 'STEP_WITHOUT_LINK',
    message: `Step "${step.name}" has a threshold of ${step.threshold} and no link.`,
    fix: 'Give the step a threshold of at least one.',
    step: step.name,
  });
}
