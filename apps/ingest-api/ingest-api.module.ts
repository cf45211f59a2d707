import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { AccessModule, TokensModule } from '#access/access.module.js';
import { ImagesModule } from '#images/images.module.js';
import { IngestModule } from '#ingest/ingest.module.js';
import { PersistenceModule } from '#persistence/persistence.module.js';
import { UploadsModule } from '#persistence/uploads/uploads.module.js';
import type { Config } from '#platform/config.js';
import { PlatformModule } from '#platform/platform.module.js';
import { ReplaysModule } from '#replays/replays.module.js';
import { StorageModule } from '#storage/storage.module.js';
import { TrustModule } from '#trust/trust.module.js';
import { VerificationModule } from '#verification/verification.module.js';

/** Everything that writes, and all that is asked about chains, their trust and their replays. */
@Module({})
export class IngestApiModule {
  static forRoot(config: Config, logger: Logger): DynamicModule {
    return {
      module: IngestApiModule,
      imports: [
        PlatformModule.forRoot(config, logger),
        PersistenceModule,
        StorageModule,
        AccessModule,
        TokensModule,
        UploadsModule,
        TrustModule,
        ReplaysModule,
        IngestModule,
        ImagesModule,
        VerificationModule,
      ],
    };
  }
}
