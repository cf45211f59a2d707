import { Module } from '@nestjs/common';
import { IngestService } from './ingest-service.js';
import { IngestController } from './links.controller.js';

/** Links come in. */
@Module({
  controllers: [IngestController],
  providers: [IngestService],
})
export class IngestModule {}
