import type { Finding } from '../findings.js';
import type { Limits } from '../limits.js';
import type { Inspection } from '../metadata/items.js';
import type { Link } from '../metadata/link.js';
import type { Metadata } from '../metadata/metadata.js';
import type { Work } from '../rules/work.js';
import type { MissingStep, RuleTrace, UsedLink } from './result.js';

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

/** What one run of the workflow works with, and where it reports. A sublayout gets a scope of its own. */
export interface Scope {
  readonly at: Date;
  readonly limits: Limits;
  readonly links: LinkSource;
  readonly inspect?: InspectionRunner | undefined;
  /** Links of inspections that were run elsewhere, by inspection name; root layout only. */
  readonly inspectionLinks?: LinkSource | undefined;
  /** Only the root layout has parameters. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** The sublayouts entered so far. */
  readonly path: readonly string[];
  readonly work: Work;
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

/** Adds a finding, and where it was found. */
export function report(
  scope: Scope,
  severity: Finding['severity'],
  finding: Omit<Finding, 'severity' | 'sublayout'>,
): void {
  const where = scope.path.length > 0 ? { sublayout: scope.path } : {};
  scope.report.findings.push({ ...finding, ...where, severity });
}

/** The number of errors so far: a check that leaves it unchanged has passed. */
export function errorCount(scope: Scope): number {
  return scope.report.findings.filter(({ severity }) => severity === 'error').length;
}
