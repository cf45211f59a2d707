import { Module } from '@nestjs/common';
import { ReplayReportsController } from './replay-reports.controller.js';
import { ReplayReports } from './replay-reports.js';
import { ReplayService } from './replay-service.js';
import { ReplaysController } from './replays.controller.js';

/** What operators order and see of replays. The verifying is done where verification is. */
@Module({
  controllers: [ReplaysController, ReplayReportsController],
  providers: [ReplayService, ReplayReports],
})
export class ReplaysModule {}
