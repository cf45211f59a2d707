import { Controller, Get, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { type ChainName, visibleChain } from '#persistence/chains/visible-chain.js';
import { Allow, Caller, type Principal } from '#platform/access.js';
import { readDigest } from '#platform/digest.js';
import { Problem } from '#platform/problems.js';
import { AnswerCache } from './answer-cache.js';
import { mermaid } from './mermaid.js';
import { readyAnswer } from './ready-answer.js';
import { respond } from './respond.js';
import { type ExplainedVerdict, VerdictService } from './verdict-service.js';

const verdictQuery = z.strictObject({ chain: z.string().optional() });

@ApiTags('verdicts')
@ApiBearerAuth()
@Controller('verdicts')
export class VerdictsController {
  constructor(
    private readonly verdicts: VerdictService,
    private readonly cache: AnswerCache,
    @Inject(DataSource) private readonly source: DataSource,
  ) {}

  @Allow('read')
  @Get(':digest')
  @ApiOperation({ summary: 'May this digest be deployed, and why' })
  @ApiQuery({ name: 'chain', required: false, description: 'Not needed with a token bound to one chain' })
  @ApiResponse({ status: 200, description: 'pass or fail' })
  @ApiResponse({ status: 202, description: 'pending: evidence is missing, or verification is under way' })
  @ApiResponse({ status: 304, description: 'Nothing has changed since the ETag given in If-None-Match' })
  async get(
    @Param('digest') digest: string,
    @Query({ schema: verdictQuery }) query: z.infer<typeof verdictQuery>,
    @Headers('if-none-match') known: string | undefined,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    const subject = readDigest(digest);
    const chain = await this.chainOf(caller, query.chain, subject);
    const answer = await this.cache.find(chain.id, subject, async () => {
      const now = new Date();
      return readyAnswer(await this.verdicts.find(chain, subject, now), now);
    });
    return respond(reply, answer, known);
  }

  @Allow('read')
  @Get(':digest/explain')
  @ApiOperation({
    summary: 'The graph behind the verdict: links chosen and rejected, and what ties them together',
  })
  @ApiProduces('application/json', 'text/vnd.mermaid')
  @ApiQuery({ name: 'chain', required: false, description: 'Not needed with a token bound to one chain' })
  async explain(
    @Param('digest') digest: string,
    @Query({ schema: verdictQuery }) query: z.infer<typeof verdictQuery>,
    @Headers('accept') accept: string | undefined,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ExplainedVerdict | string> {
    const subject = readDigest(digest);
    const chain = await this.chainOf(caller, query.chain, subject);
    const explained = await this.verdicts.explain(chain, subject, new Date());
    reply.header('vary', 'authorization, accept').header('cache-control', 'private, no-cache');
    if (accept?.includes('text/vnd.mermaid')) {
      reply.header('content-type', 'text/vnd.mermaid; charset=utf-8');
      return mermaid(explained);
    }
    return explained;
  }

  /** A token for every chain may ask without naming one, as long as only one chain knows the digest. */
  private async chainOf(
    caller: Principal,
    requested: string | undefined,
    subject: Buffer,
  ): Promise<ChainName> {
    if (caller.chain || requested !== undefined) {
      return visibleChain(this.source, caller, requested);
    }
    const [chain, ...others] = await this.verdicts.chainsThatKnow(subject);
    if (!chain) {
      throw new Problem('SUBJECT_UNKNOWN', { retryAfter: 5 });
    }
    if (others.length > 0) {
      const names = [chain, ...others].map(({ name }) => name).join(', ');
      throw new Problem('CHAIN_REQUIRED', {
        detail: `Several supply chains know this digest: ${names}. Add ?chain=NAME.`,
      });
    }
    return chain;
  }
}
