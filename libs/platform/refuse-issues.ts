import type { StrictIssue, StrictIssueCode } from '#in-toto/index.js';
import { Problem, type ProblemCode } from './problems.js';

/** Issues that clients of every kind of upload meet, and that therefore have a code of their own. */
const own: Partial<Record<StrictIssueCode, ProblemCode>> = {
  DUPLICATE_MEMBER: 'JSON_DUPLICATE_MEMBER',
  FLOAT: 'JSON_FLOAT',
  UNSIGNED: 'UNSIGNED',
};

/** Throws when the strict layer refuses a file; its warnings do not. */
export function refuseIssues(
  issues: readonly StrictIssue[],
  otherwise: 'LINK_REFUSED' | 'LAYOUT_REFUSED' | 'ROOT_INVALID',
): void {
  const refusals = issues.filter(({ severity }) => severity === 'refuse');
  const [first] = refusals;
  if (first) {
    throw new Problem(own[first.code] ?? otherwise, {
      detail: `${first.message} ${first.fix}`,
      errors: refusals.map(({ code, where, message, fix }) => ({
        path: where,
        code,
        message: `${message} ${fix}`,
      })),
    });
  }
}
