import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Allow, Caller, type Principal } from '#platform/access.js';
import type { ReplayInfo } from './replay-info.js';
import { applyRequest, reasonOnly, replayRequest } from './replay-request.js';
import { ReplayService } from './replay-service.js';

const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  before: z
    .string()
    .regex(/^\d{1,18}$/, 'give the id of a replay')
    .optional(),
});

@ApiTags('replays')
@ApiBearerAuth()
@Controller('replays')
export class ReplaysController {
  constructor(private readonly replays: ReplayService) {}

  @Allow('operate')
  @Post()
  @ApiOperation({ summary: 'Plan to verify known digests again; a dry run, unless it says otherwise' })
  @ApiResponse({ status: 201, description: 'It is planned; workers verify' })
  plan(
    @Body({ schema: replayRequest }) request: z.infer<typeof replayRequest>,
    @Caller() caller: Principal,
  ): Promise<ReplayInfo> {
    return this.replays.plan(caller, request);
  }

  @Allow('operate')
  @Get()
  @ApiOperation({ summary: 'Replays, newest first' })
  @ApiQuery({ name: 'limit', required: false, description: '1 to 100, default 20' })
  @ApiQuery({ name: 'before', required: false, description: 'the last id of the page before' })
  async list(
    @Query({ schema: listQuery }) { before, limit }: z.infer<typeof listQuery>,
    @Caller() caller: Principal,
  ): Promise<{ replays: ReplayInfo[] }> {
    return { replays: await this.replays.list(caller, before, limit) };
  }

  @Allow('operate')
  @Get(':id')
  @ApiOperation({ summary: 'How far a replay is, and what it has found so far' })
  find(@Param('id') id: string, @Caller() caller: Principal): Promise<ReplayInfo> {
    return this.replays.find(caller, id);
  }

  @Allow('operate')
  @Post(':id/apply')
  @HttpCode(202)
  @ApiOperation({ summary: 'Let what it found count, in one switch per chain, if the plan is still true' })
  apply(
    @Param('id') id: string,
    @Body({ schema: applyRequest }) { planDigest, reason }: z.infer<typeof applyRequest>,
    @Caller() caller: Principal,
  ): Promise<ReplayInfo> {
    return this.replays.apply(caller, id, planDigest, reason);
  }

  @Allow('operate')
  @Post(':id/approve')
  @HttpCode(200)
  @ApiOperation({ summary: 'As another operator than its planner, agree to a plan that flips much' })
  approve(
    @Param('id') id: string,
    @Body({ schema: reasonOnly }) { reason }: z.infer<typeof reasonOnly>,
    @Caller() caller: Principal,
  ): Promise<ReplayInfo> {
    return this.replays.approve(caller, id, reason);
  }

  @Allow('operate')
  @Post(':id/pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Hold its dry run' })
  pause(
    @Param('id') id: string,
    @Body({ schema: reasonOnly }) { reason }: z.infer<typeof reasonOnly>,
    @Caller() caller: Principal,
  ): Promise<ReplayInfo> {
    return this.replays.pause(caller, id, reason);
  }

  @Allow('operate')
  @Post(':id/resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Go on where it was paused' })
  resume(
    @Param('id') id: string,
    @Body({ schema: reasonOnly }) { reason }: z.infer<typeof reasonOnly>,
    @Caller() caller: Principal,
  ): Promise<ReplayInfo> {
    return this.replays.resume(caller, id, reason);
  }

  @Allow('operate')
  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'End it; nothing that it found will ever count' })
  cancel(
    @Param('id') id: string,
    @Body({ schema: reasonOnly }) { reason }: z.infer<typeof reasonOnly>,
    @Caller() caller: Principal,
  ): Promise<ReplayInfo> {
    return this.replays.cancel(caller, id, reason);
  }
}
