import { Module } from '@nestjs/common';
import { AnswerCache } from './answer-cache.js';
import { ReadyRoute } from './ready-route.js';
import { VerdictHistoryController } from './verdict-history.controller.js';
import { VerdictService } from './verdict-service.js';
import { VerdictsController } from './verdicts.controller.js';

/** What deploy tools ask. */
@Module({
  controllers: [VerdictsController, VerdictHistoryController],
  providers: [VerdictService, AnswerCache, ReadyRoute],
})
export class VerdictsModule {}
