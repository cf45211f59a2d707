import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { verdictHistory } from '#persistence/verdicts/verdict-history.js';
import { Allow, Caller, type Principal } from '#platform/access.js';
import { TakesChain } from '#platform/chain-query.js';
import { readDigest } from '#platform/digest.js';
import { Problem } from '#platform/problems.js';
import { type PastVerdictInfo, pastVerdictInfo } from './past-verdict-info.js';
import { VerdictService } from './verdict-service.js';

const historyQuery = z.strictObject({
  chain: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .regex(/^\d{1,18}$/, 'use the `next` of the page before')
    .optional(),
});

@ApiTags('verdicts')
@ApiBearerAuth()
@Controller('verdicts')
export class VerdictHistoryController {
  constructor(
    private readonly verdicts: VerdictService,
    @Inject(DataSource) private readonly source: DataSource,
  ) {}

  @Allow('read')
  @Get(':digest/history')
  @ApiOperation({ summary: 'Every verdict of the digest, newest first, and what caused each' })
  @TakesChain()
  @ApiQuery({ name: 'limit', required: false, description: '1 to 200; 50 unless given' })
  @ApiQuery({ name: 'cursor', required: false, description: 'the `next` of the page before' })
  async history(
    @Param('digest') digest: string,
    @Query({ schema: historyQuery }) { chain, limit, cursor }: z.infer<typeof historyQuery>,
    @Caller() caller: Principal,
  ): Promise<{ verdicts: PastVerdictInfo[]; next: string | null }> {
    const subject = readDigest(digest);
    const { id } = await this.verdicts.chainOf(caller, chain, subject);
    const found = await verdictHistory(this.source, id, subject, { before: cursor, limit: limit + 1 });
    if (found.length === 0 && cursor === undefined && !(await this.verdicts.knows(id, subject))) {
      throw new Problem('SUBJECT_UNKNOWN');
    }
    const page = found.slice(0, limit);
    return {
      verdicts: page.map(pastVerdictInfo),
      next: found.length > limit ? (page.at(-1)?.seq ?? null) : null,
    };
  }
}
