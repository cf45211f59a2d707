import type { Finding } from '../findings.js';
import type { PublicKey } from '../keys/public-key.js';
import type { Limits } from '../limits.js';
import type { Inspection } from '../metadata/items.js';
import type { Link } from '../metadata/link.js';
import type { Metadata } from '../metadata/metadata.js';
import type { Work } from '../rules/work.js';
import type { MissingStep, RuleTrace, UsedLink } from './result.js';
import { clip } from './wording.js';

/**
 * Where links come from: the reference's link directory. `read` gets names as the reference builds them,
 * `<step>.<first 8 characters of the key id>.link`, in a sublayout below `<step>.<first 8 characters of the key id>/`.
 * Step names are not sanitised: a source that reads files must confine them. `undefined` means there is no such file.
 */
export interface LinkSource {
  read(fileName: string): Uint8Array | Metadata | undefined;
}

/** Runs the command of an inspection, parameters put in, and records a link of it; or says why it could not. */
export type InspectionRunner = (inspection: Inspection) => Link | InspectionFailure;

export interface InspectionFailure {
  readonly type: 'failure';
  /** For people: exit status, missing command, time-out. */
  readonly reason: string;
}

/**
 * Links of inspections that were run elsewhere: an alternative to running them here (in-toto 1.0 §4.3.2 leaves open where).
 * One counts when a trusted key has validly signed it, and its name and command are the inspection's. That it is about
 * this very product is for the caller to see to, as it is with links.
 */
export interface InspectionLinks {
  /** Who is trusted to run inspections. */
  readonly keys: readonly PublicKey[];
  /** Gets names like those of steps: `<inspection>.<first 8 characters of the key id>.link`. */
  readonly links: LinkSource;
}

/** What one run of the workflow works with, and where it reports. A sublayout gets a scope of its own. */
export interface Scope {
  readonly at: Date;
  /** As of when the signatures of a file are judged. */
  readonly signedBy: (file: Metadata) => Date;
  readonly limits: Limits;
  readonly links: LinkSource;
  readonly inspect?: InspectionRunner | undefined;
  readonly inspectionLinks?: InspectionLinks | undefined;
  /** Only the root layout has parameters. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** The sublayouts entered so far. */
  readonly path: readonly string[];
  /** What artifact rules may still compare, and how many link files may still be looked for. */
  readonly work: Work;
  readonly files: Work;
  readonly report: Report;
}

/** What verification has to say, in the order of the checks. */
export interface Report {
  readonly findings: Finding[];
  readonly missing: MissingStep[];
  readonly used: UsedLink[];
  readonly trace: RuleTrace[] | undefined;
}

export function newReport(trace: boolean): Report {
  return { findings: [], missing: [], used: [], trace: trace ? [] : undefined };
}

/** Characters. Names in messages are strangers' text. */
const MAX_MESSAGE = 2_000;

/** Adds a finding, and where it was found. */
export function report(
  scope: Scope,
  severity: Finding['severity'],
  finding: Omit<Finding, 'severity' | 'sublayout'>,
): void {
  const where = scope.path.length > 0 ? { sublayout: scope.path } : {};
  scope.report.findings.push({ ...finding, ...where, message: clip(finding.message, MAX_MESSAGE), severity });
}

/** The number of errors so far: a check that leaves it unchanged has passed. */
export function errorCount(scope: Scope): number {
  return scope.report.findings.filter(({ severity }) => severity === 'error').length;
}
