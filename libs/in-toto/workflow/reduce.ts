import { MAX_PATHS } from '../findings.js';
import {
  type Artifacts,
  describeHashes,
  hashesOf,
  pathsOf,
  sameArtifacts,
  sameHashes,
} from '../metadata/artifacts.js';
import type { Step } from '../metadata/items.js';
import type { Link } from '../metadata/link.js';
import { report, type Scope } from './scope.js';
import { clip, list } from './wording.js';

/** A step with the links that stand for it: all validly signed, sublayouts replaced by their summary. */
export interface PerformedStep {
  readonly step: Step;
  readonly links: readonly StepLink[];
}

export interface StepLink {
  readonly keyid: string;
  readonly fileName: string;
  readonly link: Link;
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
  if (first === undefined) return;
  for (const other of others) {
    const side = SIDES.find((name) => !sameArtifacts(first.link[name], other.link[name]));
    if (side !== undefined) reportDisagreement(step, side, first, other, scope);
  }
}

const SIDES = ['materials', 'products'] as const;

function reportDisagreement(
  step: Step,
  side: 'materials' | 'products',
  first: StepLink,
  other: StepLink,
  scope: Scope,
): void {
  const [ours, theirs] = [first.link[side], other.link[side]];
  const paths = differingPaths(ours, theirs);
  const [path = ''] = paths;
  const [expected, found] = [ours, theirs].map((artifacts) => describeArtifact(artifacts, path));
  report(scope, 'error', {
    code: 'LINKS_DISAGREE',
    message: `The links ${first.fileName} and ${other.fileName} of step "${clip(step.name)}" report different ${side}: ${list(paths)}.`,
    fix: `Perform step "${clip(step.name)}" again so that all its functionaries get the same ${side}.`,
    step: step.name,
    side,
    fileName: other.fileName,
    keyid: other.keyid,
    paths: paths.slice(0, MAX_PATHS),
    expected: [expected ?? ''],
    found: [found ?? ''],
    nearestMiss: `"${clip(path)}": ${expected} says ${first.keyid}, ${found} says ${other.keyid}`,
  });
}

function differingPaths(a: Artifacts, b: Artifacts): string[] {
  const paths = new Set([...pathsOf(a), ...pathsOf(b)]);
  return [...paths].filter((path) => {
    const [ours, theirs] = [hashesOf(a, path), hashesOf(b, path)];
    return ours === undefined || theirs === undefined || !sameHashes(ours, theirs);
  });
}

function describeArtifact(artifacts: Artifacts, path: string): string {
  const hashes = hashesOf(artifacts, path);
  return hashes === undefined ? 'no such artifact' : describeHashes(hashes);
}

function reportNoLink(step: Step, scope: Scope): void {
  report(scope, 'error', {
    code: 'STEP_WITHOUT_LINK',
    message: `Step "${step.name}" has a threshold of ${step.threshold} and no link.`,
    fix: 'Give the step a threshold of at least one.',
    step: step.name,
  });
}
