import type { ProblemTable } from './problem-table.js';

/** Who asks may not. */
export const accessProblems = {
  TOKEN_MISSING: [
    401,
    'No access token was given',
    'Send Authorization: Bearer TOKEN; `npm run token -- create` makes one.',
  ],
  TOKEN_INVALID: [
    401,
    'The access token is not valid',
    'It is unknown, expired or revoked; ask an operator for a new one.',
  ],
  SCOPE_MISSING: [
    403,
    'The access token does not allow this',
    'Use a token with the scope named in `detail`.',
  ],
  RATE_LIMITED: [
    429,
    'Too many requests',
    'Try again after the time in Retry-After. CUSTODY_TOKEN_RATE and CUSTODY_STRANGER_RATE are the limits.',
  ],
  STREAMS_TOO_MANY: [
    429,
    'The access token has too many batches and event streams open',
    'End one of them first.',
  ],
  QUOTA_EXCEEDED: [
    429,
    'The access token has posted what it may in a day',
    'Try again after the time in Retry-After: the day ends at midnight UTC. CUSTODY_QUOTA_LINKS and CUSTODY_QUOTA_BYTES are the limits.',
  ],
  METRICS_TOKEN_INVALID: [
    401,
    'The metrics need a token of their own',
    'Send Authorization: Bearer with the value of CUSTODY_METRICS_TOKEN; without that setting nobody may read them.',
  ],
  TOKEN_UNKNOWN: [404, 'There is no such token', '`npm run token -- list` shows the tokens.'],
} as const satisfies ProblemTable;
