import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Config } from '#platform/config.js';
import { MetadataReader } from '#storage/metadata-reader.js';
import { BESIDE_REQUESTS } from './evidence-budget.js';
import { EvidenceReader } from './evidence-reader.js';
import { MarksController } from './marks.controller.js';
import { OutboxMetrics } from './outbox-metrics.js';
import { Relay } from './relay.js';
import { ReplayRunner } from './replay-runner.js';
import { ReplayVerifier } from './replay-verifier.js';
import { VerificationService } from './verification-service.js';
import { VerificationThread } from './verification-thread.js';
import { VerifyWorker } from './verify-worker.js';

/** The working half: marks become jobs, jobs become verdicts. Only processes that verify import it. */
@Module({
  providers: [
    {
      provide: EvidenceReader,
      inject: [DataSource, MetadataReader],
      useFactory: (source: DataSource, metadata: MetadataReader) =>
        new EvidenceReader(source, metadata, BESIDE_REQUESTS),
    },
    {
      provide: VerificationThread,
      inject: [Config],
      useFactory: (config: Config) => new VerificationThread(config),
    },
    VerificationService,
    Relay,
    VerifyWorker,
    ReplayRunner,
    ReplayVerifier,
    OutboxMetrics,
  ],
})
export class VerificationWorkerModule {}

/** What operators see of it, and can do. */
@Module({ controllers: [MarksController] })
export class VerificationModule {}
