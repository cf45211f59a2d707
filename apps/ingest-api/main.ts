import { closeOnSignal, createHttpApp } from '#platform/bootstrap.js';
import { loadConfig } from '#platform/config.js';
import { createLogger } from '#platform/logger.js';
import { runMain } from '#platform/run-main.js';
import { IngestApiModule } from './ingest-api.module.js';

await runMain(async () => {
  const config = loadConfig(process.env);
  const logger = createLogger(config, 'ingest-api');
  const app = await createHttpApp(IngestApiModule.forRoot(config, logger), config, logger);
  closeOnSignal(app, logger);
  await app.listen(config.http.port, config.http.host);
  logger.info({ url: await app.getUrl() }, 'ingest-api is ready');
});
