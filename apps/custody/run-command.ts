import { type Command, CommanderError } from 'commander';
import { InTotoError } from '#in-toto/index.js';
import { ConfigError } from '#platform/config.js';
import { CommandError, EXIT_CODES } from './command-error.js';

/** Runs a command line to its end. Failures are told in a line or two, never by a stack; see EXIT_CODES. */
export async function runCommand(program: Command): Promise<void> {
  process.stdout.on('error', endQuietly);
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // It has told already. Help that was asked for is no failure.
      process.exitCode = error.exitCode === 0 ? 0 : EXIT_CODES.usage;
      return;
    }
    process.stderr.write(`${tell(error)}\n`);
    process.exitCode = EXIT_CODES[endingOf(error)];
  }
}

function tell(error: unknown): string {
  if (error instanceof InTotoError) {
    return `${error.code}: ${error.message}`;
  }
  const isForeseen = error instanceof CommandError || error instanceof ConfigError;
  return isForeseen ? error.message : `This should not happen: ${error}`;
}

function endingOf(error: unknown): keyof typeof EXIT_CODES {
  if (error instanceof CommandError) {
    return error.ending;
  }
  return error instanceof ConfigError ? 'usage' : 'refused';
}

/** Whoever read our output has read enough, as `head` does. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}
