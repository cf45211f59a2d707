import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { AccessModule } from '#access/access.module.js';
import { LinksModule } from '#links/links.module.js';
import { HintsModule } from '#persistence/hints.module.js';
import { PersistenceModule } from '#persistence/persistence.module.js';
import type { Config } from '#platform/config.js';
import { PlatformModule } from '#platform/platform.module.js';
import { StorageModule } from '#storage/storage.module.js';
import { VerdictsModule } from '#verdicts/verdicts.module.js';

/** Everything that reads: verdicts and links. */
@Module({})
export class QueryApiModule {
  static forRoot(config: Config, logger: Logger): DynamicModule {
    return {
      module: QueryApiModule,
      imports: [
        PlatformModule.forRoot(config, logger),
        PersistenceModule,
        HintsModule,
        StorageModule,
        AccessModule,
        LinksModule,
        VerdictsModule,
      ],
    };
  }
}
