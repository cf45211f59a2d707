import { ConfigError } from './config.js';

/** Runs a program. A bad configuration is told in plain words (exit 2), anything else with its stack (exit 1). */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const expected = error instanceof ConfigError || (error instanceof Error && 'code' in error);
    process.stderr.write(
      `${expected && error instanceof Error ? error.message : String((error as Error).stack)}\n`,
    );
    process.exit(error instanceof ConfigError ? 2 : 1);
  }
}
