import { Global, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Config, ConfigError } from '#platform/config.js';
import { Readiness } from '#platform/health.js';
import { createDataSource } from './data-source.js';

@Injectable()
class Connection implements OnApplicationShutdown {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    readiness: Readiness,
  ) {
    readiness.register('database', () => source.query('select 1'));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.source.destroy();
  }
}

/** The connection pool to PostgreSQL. */
@Global()
@Module({
  providers: [
    {
      provide: DataSource,
      inject: [Config],
      useFactory: (config: Config) => {
        if (!config.databaseUrl) {
          throw new ConfigError(
            'DATABASE_URL: needed by this process; only the all-in-one service brings a database',
          );
        }
        return createDataSource(config.databaseUrl.reveal(), config.databasePoolSize).initialize();
      },
    },
    Connection,
  ],
  exports: [DataSource],
})
export class PersistenceModule {}
