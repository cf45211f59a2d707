import { closeOnSignal, createHttpApp } from '#platform/bootstrap.js';
import { loadConfig } from '#platform/config.js';
import { createLogger } from '#platform/logger.js';
import { runMain } from '#platform/run-main.js';
import { QueryApiModule } from './query-api.module.js';

await runMain(async () => {
  const config = loadConfig(process.env);
  const logger = createLogger(config, 'query-api');
  const app = await createHttpApp(QueryApiModule.forRoot(config, logger), config, logger);
  closeOnSignal(app, logger);
  await app.listen(config.http.port, config.http.host);
  logger.info({ url: await app.getUrl() }, 'query-api is ready');
});
