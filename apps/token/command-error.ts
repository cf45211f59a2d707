/** What went wrong, in words that say what to do: shown without a stack. */
export class CommandError extends Error {
  /** By which a program tells what it foresaw from a bug. */
  readonly code = 'COMMAND_FAILED';
}

/** The innermost cause of a failed connection: what it is wrapped in says no more than that it failed. */
export function reasonOf(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors[0] : (error as { cause?: unknown }).cause;
  return inner === undefined ? String((error as Error).message) : reasonOf(inner);
}
