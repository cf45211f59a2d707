import { InTotoError } from '../errors.js';
import type { Finding } from '../findings.js';
import type { PublicKey } from '../keys/public-key.js';
import { type Limits, withDefaults } from '../limits.js';
import type { Link } from '../metadata/link.js';
import type { Metadata } from '../metadata/metadata.js';
import { parseMetadata } from '../metadata/parse-metadata.js';
import { WorkExceeded, workOf } from '../rules/work.js';
import type { VerificationResult } from './result.js';
import {
  type InspectionLinks,
  type InspectionRunner,
  type LinkSource,
  newReport,
  report,
  type Scope,
} from './scope.js';
import { verifyLayout } from './verify-layout.js';

export interface VerificationInput {
  /** The root layout: its file's bytes, or what `parseMetadata` made of them. */
  readonly layout: Metadata | Uint8Array;
  /** Each of these must have validly signed the layout. A map gives the ids under which they are known. */
  readonly layoutKeys: readonly PublicKey[] | ReadonlyMap<string, PublicKey>;
  readonly links: LinkSource;
  /** Values for the layout's placeholders; leave out to substitute nothing. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  readonly inspect?: InspectionRunner | undefined;
  readonly inspectionLinks?: InspectionLinks | undefined;
}

export interface VerificationOptions {
  /** The time to verify at. */
  readonly at: Date;
  /**
   * When a file came in, where that is known: a GPG key that expired later had not when it signed. As the reference does
   * it, without this, signatures are judged as of `at`.
   */
  readonly receivedAt?: ((file: Metadata) => Date | undefined) | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Whether the result tells the queue after every rule. */
  readonly trace?: boolean | undefined;
}

/**
 * Verifies a supply chain as the reference implementation does. Pure: the same input and time give the same result, and
 * nothing is read, run or written. Whatever the input is, it returns; a fault of the input is a finding.
 */
export function verify(input: VerificationInput, options: VerificationOptions): VerificationResult {
  const limits = withDefaults(options.limits);
  const scope: Scope = {
    at: options.at,
    signedBy: (file) => options.receivedAt?.(file) ?? options.at,
    limits,
    links: input.links,
    inspect: input.inspect,
    inspectionLinks: input.inspectionLinks,
    parameters: input.parameters,
    path: [],
    work: workOf(limits.maxRuleWork),
    files: workOf(limits.maxLinkFiles, 'link files'),
    report: newReport(options.trace ?? false),
  };
  const summary = verifyWithin(input, scope);
  const { findings, missing, used, trace } = scope.report;
  const passed = summary !== undefined && !findings.some(({ severity }) => severity === 'error');
  return {
    outcome: passed ? 'pass' : 'fail',
    findings: bySeverity(findings),
    missing,
    used,
    ...(passed ? { summary } : {}),
    ...(trace ? { trace } : {}),
  };
}

function verifyWithin(input: VerificationInput, scope: Scope): Link | undefined {
  try {
    const metadata =
      input.layout instanceof Uint8Array ? parseMetadata(input.layout, scope.limits) : input.layout;
    return verifyLayout(metadata, keysById(input.layoutKeys), '', scope);
  } catch (error) {
    if (error instanceof InTotoError) {
      report(scope, 'error', {
        code: 'LAYOUT_UNREADABLE',
        message: `The layout is not in-toto metadata: ${error.message}.`,
        fix: 'Give the layout file as the owners signed it.',
        found: [error.code],
      });
    } else if (error instanceof WorkExceeded) {
      report(scope, 'error', {
        code: 'LIMIT_EXCEEDED',
        message: `Verification was given up after ${error.message}.`,
        fix: 'Use fewer or simpler artifact rules, fewer artifacts or fewer sublayouts.',
      });
    } else throw error;
    return undefined;
  }
}

function keysById(keys: VerificationInput['layoutKeys']): ReadonlyMap<string, PublicKey> {
  return keys instanceof Map ? keys : new Map((keys as readonly PublicKey[]).map((key) => [key.keyid, key]));
}

const ORDER = { error: 0, warning: 1, info: 2 };

function bySeverity(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => ORDER[a.severity] - ORDER[b.severity]);
}
