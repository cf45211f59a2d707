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
import { reason } from '../reason.js';
import { versionBefore } from '../version-before.js';
import { type ListedRoot, listRoots } from './list-roots.js';
import { type AcceptedRoot, RootService } from './root-service.js';

const postQuery = chainQuery.extend({ reason });
const listQuery = chainQuery.extend({ before: versionBefore });

@ApiTags('trust')
@ApiBearerAuth()
@Controller('roots')
export class RootsController {
  constructor(
    private readonly roots: RootService,
    @Inject(DataSource) private readonly source: DataSource,
  ) {}

  @Allow('operate')
  @Post()
  @ApiOperation({ summary: 'Put the next trust root in force: who owns the chain from now on' })
  @ApiResponse({ status: 201, description: 'The root is in force' })
  @ApiResponse({ status: 200, description: 'The root was in force before' })
  @ApiConsumes('application/json', 'application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @TakesChain()
  @ApiQuery({ name: 'reason', required: true, description: 'Why, for the record' })
  async post(
    @Body() body: unknown,
    @Query({ schema: postQuery }) query: z.infer<typeof postQuery>,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AcceptedRoot> {
    const chain = await visibleChain(this.source, caller, query.chain);
    const author = { actor: caller.tokenId, reason: query.reason };
    const { created, root } = await this.roots.accept(chain, bytesOf(body), author, new Date());
    reply
      .status(created ? 201 : 200)
      .header('location', `/roots/${root.version}?chain=${encodeURIComponent(chain.name)}`);
    return root;
  }

  @Allow('read', 'operate')
  @Get()
  @ApiOperation({ summary: 'The trust roots of a chain, the newest first: who owned it when' })
  @TakesChain()
  @ApiQuery({ name: 'before', required: false, description: 'Only versions below this one' })
  async list(
    @Query({ schema: listQuery }) query: z.infer<typeof listQuery>,
    @Caller() caller: Principal,
  ): Promise<{ roots: ListedRoot[] }> {
    const chain = await visibleChain(this.source, caller, query.chain);
    return { roots: await listRoots(this.source, chain.id, query.before) };
  }

  @Allow('read', 'operate')
  @Get(':version')
  @AnswersBytes()
  @ApiOperation({ summary: 'A trust root, byte for byte as it was posted' })
  @TakesChain()
  async get(
    @Param('version') version: string,
    @Query({ schema: chainQuery }) query: ChainQuery,
    @Caller() caller: Principal,
  ): Promise<Buffer> {
    const chain = await visibleChain(this.source, caller, query.chain);
    if (!/^[1-9]\d{0,8}$/.test(version)) {
      throw new Problem('ROOT_UNKNOWN');
    }
    return this.roots.bytes(chain, Number(version));
  }
}
