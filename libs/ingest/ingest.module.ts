import { Module } from '@nestjs/common';
import { DailyQuota } from './daily-quota.js';
import { IngestService } from './ingest-service.js';
import { LinkIndex } from './link-index.js';
import { IngestController } from './links.controller.js';
import { LinkProver } from './prove-link.js';

/** Links come in. */
@Module({
  controllers: [IngestController],
  providers: [DailyQuota, IngestService, LinkIndex, LinkProver],
})
export class IngestModule {}
