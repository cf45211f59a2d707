import { Body, Controller, Get, Inject, Post, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { type ChainSettings, chainSettings } from '#persistence/chains/chain-settings.js';
import { visibleChain } from '#persistence/chains/visible-chain.js';
import { Allow, Caller, type Principal } from '#platform/access.js';
import { type ChainInfo, ChainService } from './chain-service.js';

const segment = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/;

/** The blobs of a chain lie in folders of these names below its own. */
const RESERVED = ['links', 'layouts', 'manifests', 'journal'];

export const chainName = z
  .string()
  .max(200)
  .refine(
    (name) =>
      name.split('/').every((part) => part.length <= 63 && segment.test(part) && !RESERVED.includes(part)),
    {
      message:
        'use lower-case letters, digits and . _ - between them, in parts separated by /, e.g. acme/web; links, layouts, manifests and journal are taken',
    },
  );

const chainRequest = z
  .strictObject({
    name: chainName,
    /** Public key objects as in-toto writes them in a layout's `keys`, or PEM text. */
    ownerKeys: z
      .array(z.union([z.record(z.string(), z.unknown()), z.string()]))
      .min(1)
      .max(100),
    ownerThreshold: z.int().min(1).default(1),
    settings: chainSettings.default({ conflict: 'strict', maxAge: {} }),
  })
  .refine(({ ownerKeys, ownerThreshold }) => ownerThreshold <= ownerKeys.length, {
    path: ['ownerThreshold'],
    message: 'there are fewer owner keys than that',
  })
  .meta({ id: 'ChainRequest' });

const chainQuery = z.strictObject({ chain: z.string().optional() });

@ApiTags('trust')
@ApiBearerAuth()
@Controller('chains')
export class ChainsController {
  constructor(
    private readonly chains: ChainService,
    @Inject(DataSource) private readonly source: DataSource,
  ) {}

  @Allow('operate')
  @Post()
  @ApiOperation({ summary: 'Create a supply chain: its name, and who may sign its layouts' })
  create(
    @Body({ schema: chainRequest }) request: z.infer<typeof chainRequest>,
    @Caller() caller: Principal,
  ): Promise<ChainInfo> {
    return this.chains.create(caller, request);
  }

  @Allow('operate')
  @Put('settings')
  @ApiOperation({ summary: 'Say how a chain weighs evidence: conflicts, and how old links may be' })
  @ApiQuery({ name: 'chain', required: false, description: 'Not needed with a token bound to one chain' })
  async setSettings(
    @Body({ schema: chainSettings }) settings: ChainSettings,
    @Query({ schema: chainQuery }) query: z.infer<typeof chainQuery>,
    @Caller() caller: Principal,
  ): Promise<ChainInfo> {
    return this.chains.setSettings(await visibleChain(this.source, caller, query.chain), settings);
  }

  @Allow('read', 'operate')
  @Get()
  @ApiOperation({ summary: 'The supply chains that this token may see' })
  async list(@Caller() caller: Principal): Promise<{ chains: ChainInfo[] }> {
    return { chains: await this.chains.list(caller) };
  }
}
