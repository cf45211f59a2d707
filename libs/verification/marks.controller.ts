import { Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { visibleChain } from '#persistence/chains/visible-chain.js';
import { listMarks, retryMarks } from '#persistence/subjects/outbox-state.js';
import { Allow, Caller, type Principal } from '#platform/access.js';
import { digestParameter, writeDigest } from '#platform/digest.js';

const listQuery = z.strictObject({
  chain: z.string().optional(),
  state: z.enum(['dead', 'waiting']).default('dead'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
const retryQuery = z.strictObject({ chain: z.string().optional(), digest: digestParameter.optional() });

interface MarkInfo {
  readonly chain: string;
  readonly digest: string;
  /** How often it was handed to a worker since the last event about it. */
  readonly attempts: number;
  readonly markedAt: string;
}

/** What an operator may want to know of the outbox, and do about it. */
@ApiTags('operation')
@ApiBearerAuth()
@Controller('marks')
export class MarksController {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  @Allow('operate')
  @Get()
  @ApiOperation({ summary: 'Digests that wait to be verified, or that could not be in many attempts' })
  @ApiQuery({ name: 'chain', required: false, description: 'Absent: every chain that the token may see' })
  @ApiQuery({ name: 'state', required: false, enum: ['dead', 'waiting'], description: 'Absent: dead' })
  @ApiQuery({ name: 'limit', required: false })
  async list(
    @Query({ schema: listQuery }) query: z.infer<typeof listQuery>,
    @Caller() caller: Principal,
  ): Promise<{ marks: MarkInfo[] }> {
    const chainId = await this.chainId(caller, query.chain);
    const rows = await listMarks(this.source, { chainId, dead: query.state === 'dead', limit: query.limit });
    return {
      marks: rows.map(({ chain, subject, attempts, markedAt }) => ({
        chain,
        digest: writeDigest(subject),
        attempts,
        markedAt: markedAt.toISOString(),
      })),
    };
  }

  @Allow('operate')
  @Post('retry')
  @HttpCode(200)
  @ApiOperation({ summary: 'Try the dead ones again, once what kept them from being verified is mended' })
  @ApiQuery({ name: 'chain', required: false, description: 'Absent: every chain that the token may see' })
  @ApiQuery({ name: 'digest', required: false, description: 'Absent: every dead one' })
  async retry(
    @Query({ schema: retryQuery }) query: z.infer<typeof retryQuery>,
    @Caller() caller: Principal,
  ): Promise<{ retried: number }> {
    const chainId = await this.chainId(caller, query.chain);
    return { retried: await retryMarks(this.source, { chainId, subject: query.digest ?? null }) };
  }

  private async chainId(caller: Principal, requested: string | undefined): Promise<number | null> {
    const isMeant = caller.chain !== null || requested !== undefined;
    return isMeant ? (await visibleChain(this.source, caller, requested)).id : null;
  }
}
