import type { ProblemTable } from './problem-table.js';

/** Replays. */
export const replayProblems = {
  REPLAY_UNKNOWN: [
    404,
    'There is no such replay',
    'It does not exist, or is about chains that this token may not see.',
  ],
  REPLAY_NOT_READY: [
    409,
    'The replay is in a state in which this cannot be done',
    '`GET /replays/<id>` says where it is; docs/replays.md says what can be done in each state.',
  ],
  PLAN_DIFFERS: [
    409,
    'The replay has another plan than the one that is named',
    'Look at the plan again, and name the `planDigest` that `GET /replays/<id>` gives.',
  ],
  PLAN_STALE: [
    409,
    'The trust or the layout of a chain has moved since the replay was planned',
    'What the plan says may not be true any more. Plan another replay.',
  ],
  REPLAY_HYPOTHETICAL: [
    409,
    'The replay asks what a layout would change that is not in force',
    'It is never applied. Put the layout in force instead: every digest is then verified again.',
  ],
} as const satisfies ProblemTable;
