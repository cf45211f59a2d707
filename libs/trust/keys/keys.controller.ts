import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { visibleChain } from '#persistence/chains/visible-chain.js';
import { Allow, Caller, type Principal } from '#platform/access.js';
import { type ChainQuery, chainQuery, TakesChain } from '#platform/chain-query.js';
import type { KeyHistory, KeyInfo } from './key-info.js';
import { type KeyRequest, keyRequest } from './key-request.js';
import { KeyService } from './key-service.js';

@ApiTags('trust')
@ApiBearerAuth()
@TakesChain()
@Controller('keys')
export class KeysController {
  constructor(
    private readonly keys: KeyService,
    @Inject(DataSource) private readonly source: DataSource,
  ) {}

  @Allow('operate')
  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Register a key, or say of a known one who holds it and when it is valid' })
  async register(
    @Body({ schema: keyRequest }) request: KeyRequest,
    @Query({ schema: chainQuery }) query: ChainQuery,
    @Caller() caller: Principal,
  ): Promise<KeyHistory> {
    const chain = await visibleChain(this.source, caller, query.chain);
    const { fingerprint } = await this.keys.register(chain, request, caller.tokenId);
    return this.keys.show(chain, fingerprint);
  }

  @Allow('read', 'operate')
  @Get()
  @ApiOperation({
    summary: 'The keys that the chain has known: what they may sign, and whether that counts now',
  })
  async list(
    @Query({ schema: chainQuery }) query: ChainQuery,
    @Caller() caller: Principal,
  ): Promise<{ keys: KeyInfo[] }> {
    const chain = await visibleChain(this.source, caller, query.chain);
    return { keys: await this.keys.list(chain) };
  }

  @Allow('read', 'operate')
  @Get(':key')
  @ApiOperation({ summary: 'A key, with everything that was recorded about it' })
  @ApiParam({ name: 'key', description: 'Its fingerprint, or a key id that no other key of the chain has' })
  async show(
    @Param('key') key: string,
    @Query({ schema: chainQuery }) query: ChainQuery,
    @Caller() caller: Principal,
  ): Promise<KeyHistory> {
    return this.keys.show(await visibleChain(this.source, caller, query.chain), key);
  }
}
