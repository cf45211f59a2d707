import { InTotoError } from '../errors.js';
import type { Step } from '../metadata/items.js';
import type { Layout } from '../metadata/layout.js';
import type { Metadata } from '../metadata/metadata.js';
import { parseMetadata } from '../metadata/parse-metadata.js';
import { report, type Scope } from './scope.js';
import { clip, list } from './wording.js';

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

/** Where the links of a sublayout are, that a functionary signed instead of the step's link. */
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
    if (found.length < step.threshold) reportMissing(layout, step, found, scope);
    return { step, found };
  });
}

/** Key ids with the same first characters share a file, which then stands under both. */
function loadStepLinks(layout: Layout, step: Step, scope: Scope): FoundLink[] {
  const files = new Map<string, Metadata | undefined>();
  const keyids = new Set(step.pubkeys.flatMap((keyid) => [keyid, ...subkeyIds(layout, keyid)]));
  return [...keyids].flatMap((keyid) => {
    const fileName = filePath(step, keyid, scope);
    if (!files.has(fileName)) files.set(fileName, readLinkFile(fileName, step, scope));
    const metadata = files.get(fileName);
    return metadata ? [{ keyid, fileName, metadata }] : [];
  });
}

function subkeyIds(layout: Layout, keyid: string): Iterable<string> {
  return layout.keys.get(keyid)?.subkeys.keys() ?? [];
}

function filePath(step: Step, keyid: string, scope: Scope): string {
  return [...scope.path, linkFileName(step.name, keyid)].join('/');
}

function readLinkFile(fileName: string, step: Step, scope: Scope): Metadata | undefined {
  scope.files.spend(1);
  try {
    if (fileName.includes('\0')) throw new InTotoError('METADATA_INVALID', 'a file name cannot contain NUL');
    const file = scope.links.read(fileName);
    return file instanceof Uint8Array ? parseMetadata(file, scope.limits) : file;
  } catch (error) {
    if (!(error instanceof InTotoError)) throw error;
    report(scope, 'error', {
      code: 'LINK_UNREADABLE',
      message: `The file "${clip(fileName)}" of step "${clip(step.name)}" is not in-toto metadata: ${error.message}.`,
      fix: `Replace "${clip(fileName)}" by the link that the step's functionary signed, or remove it.`,
      step: step.name,
      fileName,
      found: [error.code],
    });
    return undefined;
  }
}

function reportMissing(layout: Layout, step: Step, found: readonly FoundLink[], scope: Scope): void {
  const names = step.pubkeys.map((keyid) => filePath(step, keyid, scope));
  const strangers = filesOfOthers(layout, step, scope);
  report(scope, 'error', {
    code: 'LINK_MISSING',
    message: `Step "${clip(step.name)}" needs ${step.threshold} link(s) of its functionaries, there are ${found.length}.`,
    fix:
      names.length === 0
        ? `Name the functionaries of step "${clip(step.name)}" in the layout's pubkeys.`
        : `Add the missing link of step "${clip(step.name)}", one of: ${list(names)}.`,
    step: step.name,
    expected: step.pubkeys,
    found: found.map(({ keyid }) => keyid),
    ...(strangers.length > 0
      ? { nearestMiss: `there is a link by ${list(strangers)}; the layout wants ${list(step.pubkeys)}` }
      : {}),
  });
}

/** Keys of the layout that may not sign this step, and yet have a file for it. */
function filesOfOthers(layout: Layout, step: Step, scope: Scope): string[] {
  const authorized = new Set(step.pubkeys.map((keyid) => filePath(step, keyid, scope)));
  return [...layout.keys.keys()].filter((keyid) => {
    const fileName = filePath(step, keyid, scope);
    if (authorized.has(fileName) || fileName.includes('\0')) return false;
    scope.files.spend(1);
    return scope.links.read(fileName) !== undefined;
  });
}
