import { accessProblems } from './problems/access-problems.js';
import { evidenceProblems } from './problems/evidence-problems.js';
import { replayProblems } from './problems/replay-problems.js';
import { requestProblems } from './problems/request-problems.js';
import { serviceProblems } from './problems/service-problems.js';
import { trustProblems } from './problems/trust-problems.js';

/**
 * Every refusal this service can give: stable code → HTTP status, title and what to do. `docs/errors.md` is generated
 * from this table and a test keeps the two equal.
 */
export const problems = {
  ...requestProblems,
  ...accessProblems,
  ...trustProblems,
  ...evidenceProblems,
  ...replayProblems,
  ...serviceProblems,
};

export type ProblemCode = keyof typeof problems;

/** One bad place in an input: `path` is where, `code` is stable when present. */
export interface ProblemItem {
  readonly path?: string;
  readonly code?: string;
  readonly message: string;
}

export interface ProblemDetails {
  /** What is particular to this occurrence; never a secret. */
  readonly detail?: string;
  readonly errors?: readonly ProblemItem[];
  /** Seconds. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** A refusal with a stable code, answered as RFC 9457 problem details. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;

  constructor(
    readonly code: ProblemCode,
    readonly details: ProblemDetails = {},
  ) {
    super(details.detail ?? problems[code][1], { cause: details.cause });
    this.status = problems[code][0];
  }

  /** The body of the answer. `instance` is the id under which the log knows the request. */
  toBody(instance: string): Record<string, unknown> {
    const [status, title, remedy] = problems[this.code];
    return {
      type: `urn:custody:error:${this.code}`,
      title,
      status,
      code: this.code,
      detail: this.details.detail ?? remedy,
      remedy,
      instance,
      ...(this.details.errors ? { errors: this.details.errors } : {}),
    };
  }
}
