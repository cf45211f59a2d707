import { InTotoError } from '../errors.js';
import type { PublicKey } from '../keys/public-key.js';
import type { Step } from '../metadata/items.js';
import type { Layout } from '../metadata/layout.js';
import type { Link } from '../metadata/link.js';
import type { Metadata } from '../metadata/metadata.js';
import { type FoundLink, type StepLinks, sublayoutDirectory } from './load-links.js';
import type { PerformedStep } from './reduce.js';
import { report, type Scope } from './scope.js';

/** Layouts verify sublayouts as they are verified themselves; handed in, so that the two modules need not import each other. */
type VerifyLayout = (
  metadata: Metadata,
  keys: ReadonlyMap<string, PublicKey>,
  stepName: Step['rawName'],
  scope: Scope,
) => Link | undefined;

/**
 * Reference step 6 (in-toto 1.0 §5.2.5): a functionary may delegate a step by signing a layout instead of a link. It is
 * verified with that functionary's key alone and its own links; its summary then stands for the step. One that fails
 * fails everything, even if the threshold is met without it.
 */
export function verifySublayouts(
  layout: Layout,
  steps: readonly StepLinks[],
  scope: Scope,
  verifyLayout: VerifyLayout,
): PerformedStep[] {
  return steps.map(({ step, found }) => ({
    step,
    links: found.flatMap((file) => {
      const link = linkOf(file, step, layout, scope, verifyLayout);
      return link === undefined ? [] : [{ keyid: file.keyid, fileName: file.fileName, link }];
    }),
  }));
}

function linkOf(
  file: FoundLink,
  step: Step,
  layout: Layout,
  scope: Scope,
  verifyLayout: VerifyLayout,
): Link | undefined {
  try {
    const { payload } = file.metadata;
    if (payload.type === 'link') return payload;
    return verifySublayout(file, step, layout.keys.get(file.keyid), scope, verifyLayout);
  } catch (error) {
    if (!(error instanceof InTotoError)) throw error;
    report(scope, 'error', {
      code: 'LINK_UNREADABLE',
      message: `The payload of ${file.fileName} of step "${step.name}" is no link or layout: ${error.message}.`,
      fix: `Replace ${file.fileName} by the link that the step's functionary signed, or remove it.`,
      step: step.name,
      fileName: file.fileName,
      found: [error.code],
    });
    return undefined;
  }
}

function verifySublayout(
  file: FoundLink,
  step: Step,
  key: PublicKey | undefined,
  scope: Scope,
  verifyLayout: VerifyLayout,
): Link | undefined {
  const where = { step: step.name, fileName: file.fileName, keyid: file.keyid };
  if (key === undefined) {
    report(scope, 'error', {
      code: 'SUBLAYOUT_KEY_UNKNOWN',
      message: `The sublayout ${file.fileName} of step "${step.name}" is signed by a subkey, not by a key of the layout.`,
      fix: 'Sign the sublayout with the main key, or list the subkey among the keys of the layout.',
      ...where,
    });
    return undefined;
  }
  if (scope.path.length >= scope.limits.maxSublayoutDepth) {
    report(scope, 'error', {
      code: 'SUBLAYOUT_TOO_DEEP',
      message: `The sublayout ${file.fileName} is nested deeper than ${scope.limits.maxSublayoutDepth} levels.`,
      fix: 'Delegate steps through fewer sublayouts.',
      ...where,
    });
    return undefined;
  }
  const path = [...scope.path, sublayoutDirectory(step.name, file.keyid)];
  const inner: Scope = { ...scope, path, parameters: undefined };
  return verifyLayout(file.metadata, new Map([[file.keyid, key]]), step.rawName, inner);
}
