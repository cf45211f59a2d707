import { ConfigError } from './config.js';

/** Runs a program. A bad configuration is told in plain words (exit 2), anything else with its stack (exit 1). */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${tellFailure(error)}\n`);
    process.exit(error instanceof ConfigError ? 2 : 1);
  }
}

/** What the terminal shows: a message where somebody can do something about it, else the stack. */
export function tellFailure(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const { code, syscall, errors } = error as Failure;
  if (code === undefined) {
    return error instanceof ConfigError ? error.message : String(error.stack);
  }
  // A name with several addresses fails with an error for each, and no message of its own.
  const message = error.message || (errors ?? []).map((one) => one.message).join('; ') || code;
  const hint = syscall === 'listen' ? LISTEN : hints.find(([codes]) => codes.test(code))?.[1];
  return hint ? `${message}\n${hint}` : message;
}

interface Failure {
  readonly code?: string;
  readonly syscall?: string;
  readonly errors?: readonly Error[];
}

const LISTEN = 'The service cannot listen there: set CUSTODY_PORT or CUSTODY_HOST.';

const hints: readonly (readonly [codes: RegExp, hint: string])[] = [
  [/^(28|3D|57P|08)/, 'The database refuses: check DATABASE_URL.'],
  [
    /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOSTUNREACH)/,
    'A server that the settings name does not answer: check DATABASE_URL, and CUSTODY_S3_ENDPOINT if it is set.',
  ],
  [
    /^(EACCES|EPERM|EROFS|ENOSPC|ENOTDIR|EEXIST)$/,
    'CUSTODY_DATA_DIR must be a folder that this process may write.',
  ],
];
