import { Module } from '@nestjs/common';
import { VerdictService } from './verdict-service.js';
import { VerdictsController } from './verdicts.controller.js';

/** What deploy tools ask. */
@Module({
  controllers: [VerdictsController],
  providers: [VerdictService],
})
export class VerdictsModule {}
