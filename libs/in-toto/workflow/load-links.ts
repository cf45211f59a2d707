import { InTotoError } from '../errors.js';
import type { Step } from '../metadata/items.js';
import type { Layout } from '../metadata/layout.js';
import { type Metadata, parseMetadata } from '../metadata/metadata.js';
import { report, type Scope } from './scope.js';

/** A file that was there under the name that belongs to a step and a key. */
export interface FoundLink {
  readonly keyid: string;
  readonly fileName: string;
  readonly metadata: Metadata;
}

export interface StepLinks {
  readonly step: Step;
  /** In the order of the step's `pubkeys`, each key followed by its subkeys. */
  readonly found: readonly FoundLink[];
}

/** in-toto 1.0 §4.4.1: link files are found by the step's name and the first characters of the key's id. */
export function linkFileName(step: string, keyid: string): string {
  return `${step}.${keyid.slice(0, 8)}.link`;
}

export function sublayoutDirectory(step: string, keyid: string): string {
  return `${step}.${keyid.slice(0, 8)}`;
}

/**
 * Reference step 4: looks for the links of every step. A missing file is no error as long as the threshold can be met;
 * a file that cannot be read is, even if there are enough others.
 */
export function loadLinks(layout: Layout, scope: Scope): StepLinks[] {
  return layout.steps.map((step) => {
    const found = loadStepLinks(layout, step, scope);
    if (found.length < step.threshold) reportMissing(step, found, scope);
    return { step, found };
  });
}

function loadStepLinks(layout: Layout, step: Step, scope: Scope): FoundLink[] {
  const found = new Map<string, FoundLink>();
  for (const authorized of step.pubkeys) {
    for (const keyid of [authorized, ...(layout.keys.get(authorized)?.subkeys.keys() ?? [])]) {
      const fileName = [...scope.path, linkFileName(step.name, keyid)].join('/');
      const metadata = readLinkFile(fileName, step, scope);
      if (metadata !== undefined) found.set(keyid, { keyid, fileName, metadata });
    }
  }
  return [...found.values()];
}

function readLinkFile(fileName: string, step: Step, scope: Scope): Metadata | undefined {
  scope.work.spend(1);
  try {
    if (fileName.includes('\0')) throw new InTotoError('METADATA_INVALID', 'a file name cannot contain NUL');
    const file = scope.links.read(fileName);
    return file instanceof Uint8Array ? parseMetadata(file, scope.limits) : file;
  } catch (error) {
    if (!(error instanceof InTotoError)) throw error;
    report(scope, 'error', {
      code: 'LINK_UNREADABLE',
      message: `The file ${fileName} of step "${step.name}" is not in-toto metadata: ${error.message}.`,
      fix: `Replace ${fileName} by the link that the step's functionary signed, or remove it.`,
      step: step.name,
      fileName,
      found: [error.code],
    });
    return undefined;
  }
}

function reportMissing(step: Step, found: readonly FoundLink[], scope: Scope): void {
  const names = step.pubkeys.map((keyid) => linkFileName(step.name, keyid));
  report(scope, 'error', {
    code: 'LINK_MISSING',
    message: `Step "${step.name}" needs ${step.threshold} link(s), there are ${found.length}.`,
    fix: `Have the step performed by more of its functionaries and add their links: ${names.join(', ') || 'the layout names nobody'}.`,
    step: step.name,
    expected: [...step.pubkeys],
    found: found.map(({ keyid }) => keyid),
  });
}
