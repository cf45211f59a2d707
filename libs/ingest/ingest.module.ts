import { Module } from '@nestjs/common';
import { IngestService } from './ingest-service.js';
import { IngestController } from './links.controller.js';
import { LinkProver } from './prove-link.js';

/** Links come in. */
@Module({
  controllers: [IngestController],
  providers: [IngestService, LinkProver],
})
export class IngestModule {}
