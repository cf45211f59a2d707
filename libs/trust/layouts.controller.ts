import { Body, Controller, Get, Header, Inject, Param, Post, Query, Res } from '@nestjs/common';
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
import { Problem } from '#platform/problems.js';
import { bytesOf } from '#platform/request-body.js';
import { type LayoutInfo, LayoutService } from './layout-service.js';

const chainQuery = z.strictObject({ chain: z.string().optional() });

@ApiTags('trust')
@ApiBearerAuth()
@Controller('layouts')
export class LayoutsController {
  constructor(
    private readonly layouts: LayoutService,
    @Inject(DataSource) private readonly source: DataSource,
  ) {}

  @Allow('operate')
  @Post()
  @ApiOperation({ summary: 'Put a layout in force: the file as the owners signed it (Metablock or DSSE)' })
  @ApiResponse({ status: 201, description: 'The layout is in force' })
  @ApiResponse({ status: 200, description: 'The layout was in force before' })
  @ApiConsumes('application/json', 'application/vnd.in-toto+json', 'application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiQuery({ name: 'chain', required: false, description: 'Not needed with a token bound to one chain' })
  async post(
    @Body() body: unknown,
    @Query({ schema: chainQuery }) query: z.infer<typeof chainQuery>,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LayoutInfo> {
    const chain = await visibleChain(this.source, caller, query.chain);
    const { created, layout } = await this.layouts.activate(chain, bytesOf(body), caller.tokenId, new Date());
    reply
      .status(created ? 201 : 200)
      .header('location', `/layouts/${layout.id}?chain=${encodeURIComponent(chain.name)}`);
    return layout;
  }

  @Allow('read', 'operate')
  @Get(':id')
  @Header('content-type', 'application/octet-stream')
  @ApiResponse({
    status: 200,
    description: 'The bytes',
    content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
  })
  @ApiOperation({ summary: 'A layout, byte for byte as it was posted' })
  @ApiQuery({ name: 'chain', required: false })
  async get(
    @Param('id') id: string,
    @Query({ schema: chainQuery }) query: z.infer<typeof chainQuery>,
    @Caller() caller: Principal,
  ): Promise<Buffer> {
    const chain = await visibleChain(this.source, caller, query.chain);
    if (!/^[0-9a-f]{64}$/.test(id)) {
      throw new Problem('LAYOUT_UNKNOWN');
    }
    return this.layouts.bytes(chain, Buffer.from(id, 'hex'));
  }
}
