import { Body, Controller, Get, Inject, Param, Post, Query, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { visibleChain } from '#persistence/chains/visible-chain.js';
import { Allow, Caller, type Principal } from '#platform/access.js';
import { AnswersBytes } from '#platform/answers-bytes.js';
import { type ChainQuery, chainQuery, TakesChain } from '#platform/chain-query.js';
import { Problem } from '#platform/problems.js';
import { bytesOf } from '#platform/request-body.js';
import { optionalReason } from '../reason.js';
import { versionBefore } from '../version-before.js';
import { type LayoutInfo, LayoutService } from './layout-service.js';
import { type ListedLayout, listLayouts } from './list-layouts.js';
import { type LayoutTrial, LayoutTrials } from './try-layout.js';

const postQuery = chainQuery.extend({
  reason: optionalReason,
  dryRun: z.enum(['true', 'false']).default('false'),
});
const listQuery = chainQuery.extend({ before: versionBefore });

@ApiTags('trust')
@ApiBearerAuth()
@Controller('layouts')
export class LayoutsController {
  constructor(
    private readonly layouts: LayoutService,
    private readonly trials: LayoutTrials,
    @Inject(DataSource) private readonly source: DataSource,
  ) {}

  @Allow('operate')
  @Post()
  @ApiOperation({ summary: 'Put a layout in force: the file as the owners signed it (Metablock or DSSE)' })
  @ApiResponse({ status: 201, description: 'The layout is in force' })
  @ApiResponse({ status: 200, description: 'The layout was in force before; or what a dry run finds' })
  @ApiConsumes('application/json', 'application/vnd.in-toto+json', 'application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @TakesChain()
  @ApiQuery({ name: 'reason', required: false, description: 'Why, for the record' })
  @ApiQuery({
    name: 'dryRun',
    required: false,
    enum: ['true', 'false'],
    description: 'Only say what would follow',
  })
  async post(
    @Body() body: unknown,
    @Query({ schema: postQuery }) query: z.infer<typeof postQuery>,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LayoutInfo | LayoutTrial> {
    const chain = await visibleChain(this.source, caller, query.chain);
    if (query.dryRun === 'true') {
      reply.status(200);
      return this.trials.try(chain, bytesOf(body), caller.tokenId, new Date());
    }
    const author = { actor: caller.tokenId, reason: query.reason };
    const { created, layout } = await this.layouts.activate(chain, bytesOf(body), author, new Date());
    reply
      .status(created ? 201 : 200)
      .header('location', `/layouts/${layout.id}?chain=${encodeURIComponent(chain.name)}`);
    return layout;
  }

  @Allow('read', 'operate')
  @Get()
  @ApiOperation({
    summary: 'The layouts of a chain, the newest first: which was in force when, and by whose doing',
  })
  @TakesChain()
  @ApiQuery({ name: 'before', required: false, description: 'Only versions below this one' })
  async list(
    @Query({ schema: listQuery }) query: z.infer<typeof listQuery>,
    @Caller() caller: Principal,
  ): Promise<{ layouts: ListedLayout[] }> {
    const chain = await visibleChain(this.source, caller, query.chain);
    return { layouts: await listLayouts(this.source, chain.id, query.before) };
  }

  @Allow('read', 'operate')
  @Get(':id')
  @AnswersBytes()
  @ApiOperation({ summary: 'A layout, byte for byte as it was posted' })
  @TakesChain()
  async get(
    @Param('id') id: string,
    @Query({ schema: chainQuery }) query: ChainQuery,
    @Caller() caller: Principal,
  ): Promise<Buffer> {
    const chain = await visibleChain(this.source, caller, query.chain);
    if (!/^[0-9a-f]{64}$/.test(id)) {
      throw new Problem('LAYOUT_UNKNOWN');
    }
    return this.layouts.bytes(chain, Buffer.from(id, 'hex'));
  }
}
