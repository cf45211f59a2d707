import type { ProblemTable } from './problem-table.js';

/** The service itself cannot answer. */
export const serviceProblems = {
  OVERLOADED: [503, 'The service is busy', 'Try again after the time in Retry-After.'],
  STOPPING: [
    503,
    'The service is stopping',
    'Post it again, to whichever process answers; of a batch the lines that have no answer.',
  ],
  UNAVAILABLE: [
    503,
    'A part that the service depends on does not answer',
    'Try again after the time in Retry-After; /readyz says which part.',
  ],
  INTERNAL: [
    500,
    'The service failed',
    'Report the `instance` to the operator, who finds the request in the log by it.',
  ],
} as const satisfies ProblemTable;
