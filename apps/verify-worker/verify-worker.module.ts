import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { AccessModule } from '#access/access.module.js';
import { HintsModule } from '#persistence/hints.module.js';
import { PersistenceModule } from '#persistence/persistence.module.js';
import type { Config } from '#platform/config.js';
import { PlatformModule } from '#platform/platform.module.js';
import { QueueModule } from '#queue/queue.module.js';
import { StorageModule } from '#storage/storage.module.js';
import { VerificationWorkerModule } from '#verification/verification.module.js';

/** Turns marks into verdicts. Its HTTP port serves health and metrics only. */
@Module({})
export class VerifyWorkerModule {
  static forRoot(config: Config, logger: Logger): DynamicModule {
    return {
      module: VerifyWorkerModule,
      imports: [
        PlatformModule.forRoot(config, logger),
        PersistenceModule,
        HintsModule,
        StorageModule,
        AccessModule,
        QueueModule,
        VerificationWorkerModule,
      ],
    };
  }
}
