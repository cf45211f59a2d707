import { Body, Controller, Get, Inject, Post, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { chainSettings } from '#persistence/chains/chain-settings.js';
import { visibleChain } from '#persistence/chains/visible-chain.js';
import { Allow, Caller, type Principal } from '#platform/access.js';
import { type ChainQuery, chainQuery, TakesChain } from '#platform/chain-query.js';
import { nameSegment } from '#platform/name-segment.js';
import { blobKinds } from '#storage/content-address.js';
import { optionalReason } from '../reason.js';
import { type ChainInfo, ChainService, type ChangedChain } from './chain-service.js';
import { givenKeys, givenOwners, isReachable } from './given-owners.js';

/** The blobs of a chain lie in folders of these names below its own. */
const RESERVED: readonly string[] = [...blobKinds, 'journal'];

const chainName = z
  .string()
  .max(200)
  .refine(
    (name) =>
      name
        .split('/')
        .every((part) => part.length <= 63 && nameSegment.test(part) && !RESERVED.includes(part)),
    {
      message: `use lower-case letters, digits and . _ - between them, in parts separated by /, e.g. acme/web; ${RESERVED.join(', ')} are taken`,
    },
  );

const chainRequest = z
  .strictObject({
    name: chainName,
    /** Who may sign the chain's layouts, with what key. */
    owners: givenOwners.optional(),
    /** Keys alone: each is an owner by itself. */
    ownerKeys: givenKeys.optional(),
    ownerThreshold: z.int().min(1).default(1),
    settings: chainSettings.default({ conflict: 'strict', maxAge: {} }),
    reason: optionalReason,
  })
  .refine(({ owners, ownerKeys }) => (owners === undefined) !== (ownerKeys === undefined), {
    path: ['owners'],
    message: 'give either owners or ownerKeys',
  })
  .refine(
    ({ owners, ownerKeys = [], ownerThreshold }) =>
      owners ? isReachable(ownerThreshold, owners) : ownerThreshold <= ownerKeys.length,
    { path: ['ownerThreshold'], message: 'there are fewer owners than that' },
  )
  .meta({ id: 'ChainRequest' });

const settingsRequest = chainSettings.extend({ reason: optionalReason }).meta({ id: 'SettingsRequest' });

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
  @TakesChain()
  async setSettings(
    @Body({ schema: settingsRequest }) { reason, ...settings }: z.infer<typeof settingsRequest>,
    @Query({ schema: chainQuery }) query: ChainQuery,
    @Caller() caller: Principal,
  ): Promise<ChangedChain> {
    const chain = await visibleChain(this.source, caller, query.chain);
    return this.chains.setSettings(chain, settings, { actor: caller.tokenId, reason });
  }

  @Allow('read', 'operate')
  @Get()
  @ApiOperation({ summary: 'The supply chains that this token may see' })
  async list(@Caller() caller: Principal): Promise<{ chains: ChainInfo[] }> {
    return { chains: await this.chains.list(caller) };
  }
}
