import { Readable } from 'node:stream';
import { Controller, Get, Headers, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { type Admission, Admitting, Allow } from '#platform/access.js';
import { OpenStreams } from '#platform/open-streams.js';
import { type FlipPage, ReplayReports } from './replay-reports.js';
import { ReplayService } from './replay-service.js';

const flipsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.string().optional(),
});

@ApiTags('replays')
@ApiBearerAuth()
@Controller('replays')
export class ReplayReportsController {
  constructor(
    private readonly replays: ReplayService,
    private readonly reports: ReplayReports,
    private readonly streams: OpenStreams,
  ) {}

  @Allow('operate')
  @Get(':id/events')
  @ApiOperation({ summary: 'How far it is, told whenever it moves, until nothing moves by itself any more' })
  @ApiProduces('text/event-stream')
  async events(
    @Param('id') id: string,
    @Admitting() admission: Admission,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const replay = await this.replays.find(admission.principal, id);
    this.streams.enter(admission.principal, reply.raw);
    reply.header('cache-control', 'no-store').header('x-accel-buffering', 'no');
    const events = Readable.from(this.reports.events(admission, replay));
    return new StreamableFile(events, { type: 'text/event-stream' });
  }

  @Allow('operate')
  @Get(':id/flips')
  @ApiOperation({ summary: 'Digests whose outcome changes, and why: first those that would pass no more' })
  @ApiProduces('application/json', 'text/csv')
  @ApiQuery({ name: 'limit', required: false, description: '1 to 1000, default 100; CSV has all of them' })
  @ApiQuery({ name: 'cursor', required: false, description: 'the `next` of the page before' })
  async flips(
    @Param('id') id: string,
    @Query({ schema: flipsQuery }) { cursor, limit }: z.infer<typeof flipsQuery>,
    @Headers('accept') accept: string | undefined,
    @Admitting() admission: Admission,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FlipPage | StreamableFile> {
    await this.replays.find(admission.principal, id);
    reply.header('vary', 'authorization, accept').header('cache-control', 'private, no-cache');
    if (accept?.includes('text/csv')) {
      this.streams.enter(admission.principal, reply.raw);
      const lines = Readable.from(this.reports.csv(admission, id));
      const disposition = `attachment; filename="replay-${id}-flips.csv"`;
      return new StreamableFile(lines, { type: 'text/csv; charset=utf-8', disposition });
    }
    return this.reports.flips(id, cursor, limit);
  }
}
