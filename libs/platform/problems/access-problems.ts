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
  TOKEN_UNKNOWN: [404, 'There is no such token', '`npm run token -- list` shows the tokens.'],
} as const satisfies ProblemTable;
