import { closeOnSignal } from '#platform/bootstrap.js';
import { loadConfig } from '#platform/config.js';
import { createLogger } from '#platform/logger.js';
import { runMain } from '#platform/run-main.js';
import { startAllInOne } from './start.js';

await runMain(async () => {
  const config = loadConfig(process.env);
  const logger = createLogger(config, 'custody');
  const { app, url, firstToken, databaseEnded, stopDatabase } = await startAllInOne(config, logger);
  let stopping = false;
  closeOnSignal(app, logger, async () => {
    stopping = true;
    await stopDatabase();
  });
  void databaseEnded.then(() => {
    if (!stopping) {
      logger.fatal('the embedded database has ended');
      process.exit(1);
    }
  });
  logger.info({ url }, 'custody is ready');
  if (firstToken) {
    // To the terminal, not through the logger: this is the only time it is shown, and logs are kept.
    process.stderr.write(
      `\n  Custody answers at ${url}\n  Operator token, shown this once: ${firstToken}\n  Make others with: npm run token -- create --help\n\n`,
    );
  }
});
