import { Module } from '@nestjs/common';
import { EvidenceReader } from './evidence-reader.js';
import { MarksController } from './marks.controller.js';
import { OutboxMetrics } from './outbox-metrics.js';
import { Relay } from './relay.js';
import { ReplayRunner } from './replay-runner.js';
import { ReplayVerifier } from './replay-verifier.js';
import { VerificationService } from './verification-service.js';
import { VerifyWorker } from './verify-worker.js';

/** The working half: marks become jobs, jobs become verdicts. Only processes that verify import it. */
@Module({
  providers: [
    EvidenceReader,
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
