import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { AccessModule, TokensModule } from '#access/access.module.js';
import { ImagesModule } from '#images/images.module.js';
import { IngestModule } from '#ingest/ingest.module.js';
import { LinksModule } from '#links/links.module.js';
import { HintsModule } from '#persistence/hints.module.js';
import { PersistenceModule } from '#persistence/persistence.module.js';
import { UploadsModule } from '#persistence/uploads/uploads.module.js';
import type { Config } from '#platform/config.js';
import { PlatformModule } from '#platform/platform.module.js';
import { QueueModule } from '#queue/queue.module.js';
import { ReplaysModule } from '#replays/replays.module.js';
import { StorageModule } from '#storage/storage.module.js';
import { TrustModule } from '#trust/trust.module.js';
import { VerdictsModule } from '#verdicts/verdicts.module.js';
import { VerificationModule, VerificationWorkerModule } from '#verification/verification.module.js';

/** Ingest API, worker and query API in one process. */
@Module({})
export class AllInOneModule {
  static forRoot(config: Config, logger: Logger): DynamicModule {
    return {
      module: AllInOneModule,
      imports: [
        PlatformModule.forRoot(config, logger),
        PersistenceModule,
        HintsModule,
        StorageModule,
        AccessModule,
        TokensModule,
        UploadsModule,
        TrustModule,
        ReplaysModule,
        IngestModule,
        ImagesModule,
        LinksModule,
        VerdictsModule,
        QueueModule,
        VerificationModule,
        VerificationWorkerModule,
      ],
    };
  }
}
