/** Why the embedded server could not be had. `code` is the contract, not the message. */
export type PostgresLaunchErrorCode =
  | 'POSTGRES_PLATFORM_UNSUPPORTED'
  | 'POSTGRES_BINARIES_MISSING'
  | 'POSTGRES_NO_UNPRIVILEGED_USER'
  | 'POSTGRES_DATA_DIR_UNREACHABLE'
  | 'POSTGRES_DATA_DIR_IN_USE'
  | 'POSTGRES_DATA_DIR_OTHER_VERSION'
  | 'POSTGRES_INIT_FAILED'
  | 'POSTGRES_START_FAILED';

/** Every message ends with the way out that always exists: a database that somebody else runs. */
export class PostgresLaunchError extends Error {
  override readonly name = 'PostgresLaunchError';

  constructor(
    readonly code: PostgresLaunchErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(`${message}\nTo use a PostgreSQL server of your own instead, set DATABASE_URL.`, options);
  }
}
