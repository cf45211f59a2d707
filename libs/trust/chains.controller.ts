import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Allow, Caller, type Principal } from '#platform/access.js';
import { type ChainInfo, ChainService } from './chain-service.js';

const segment = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/;

export const chainName = z
  .string()
  .max(200)
  .refine((name) => name.split('/').every((part) => part.length <= 63 && segment.test(part)), {
    message: 'use lower-case letters, digits and . _ - between them, in parts separated by /, e.g. acme/web',
  });

const chainRequest = z
  .strictObject({
    name: chainName,
    /** Public key objects as in-toto writes them in a layout's `keys`, or PEM text. */
    ownerKeys: z
      .array(z.union([z.record(z.string(), z.unknown()), z.string()]))
      .min(1)
      .max(100),
    ownerThreshold: z.int().min(1).default(1),
  })
  .refine(({ ownerKeys, ownerThreshold }) => ownerThreshold <= ownerKeys.length, {
    path: ['ownerThreshold'],
    message: 'there are fewer owner keys than that',
  })
  .meta({ id: 'ChainRequest' });

@ApiTags('trust')
@ApiBearerAuth()
@Controller('chains')
export class ChainsController {
  constructor(private readonly chains: ChainService) {}

  @Allow('operate')
  @Post()
  @ApiOperation({ summary: 'Create a supply chain: its name, and who may sign its layouts' })
  create(
    @Body({ schema: chainRequest }) request: z.infer<typeof chainRequest>,
    @Caller() caller: Principal,
  ): Promise<ChainInfo> {
    return this.chains.create(caller, request);
  }

  @Allow('read', 'operate')
  @Get()
  @ApiOperation({ summary: 'The supply chains that this token may see' })
  async list(@Caller() caller: Principal): Promise<{ chains: ChainInfo[] }> {
    return { chains: await this.chains.list(caller) };
  }
}
