/** How a command that failed ends its process. */
export const EXIT_CODES = {
  /** The service refuses, or the thing is not there. */
  refused: 1,
  /** The command was given wrongly. */
  usage: 2,
  unreachable: 3,
} as const;

/** What went wrong, in words that say what to do: shown without a stack. */
export class CommandError extends Error {
  /** By which a program tells what it foresaw from a bug. */
  readonly code = 'COMMAND_FAILED';

  constructor(
    message: string,
    readonly ending: keyof typeof EXIT_CODES = 'refused',
  ) {
    super(message);
  }
}

/** The innermost cause of a failed connection: what it is wrapped in says no more than that it failed. */
export function reasonOf(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors[0] : (error as { cause?: unknown }).cause;
  return inner === undefined ? String((error as Error).message) : reasonOf(inner);
}
