import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Allow, Caller, type Principal } from '#platform/access.js';
import { TakesChain } from '#platform/chain-query.js';
import { readDigest } from '#platform/digest.js';
import { AnswerCache } from './answer-cache.js';
import { mermaid } from './mermaid.js';
import { readyAnswer } from './ready-answer.js';
import { mayBeKept, respond, responseOf } from './respond.js';
import { type ExplainedVerdict, VerdictService } from './verdict-service.js';

const explainQuery = z.strictObject({ chain: z.string().optional() });
const verdictQuery = explainQuery.extend({
  asOf: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .optional(),
});

const JSON_TYPE = 'application/json; charset=utf-8';

@ApiTags('verdicts')
@ApiBearerAuth()
@Controller('verdicts')
export class VerdictsController {
  constructor(
    private readonly verdicts: VerdictService,
    private readonly cache: AnswerCache,
  ) {}

  @Allow('read')
  @Get(':digest')
  @ApiOperation({ summary: 'May this digest be deployed, and why' })
  @TakesChain()
  @ApiQuery({
    name: 'asOf',
    required: false,
    description:
      'RFC 3339: what was known and counted then. A report: it has `wasAllowed` in the place of `allowed`, and status 200',
  })
  @ApiResponse({ status: 200, description: 'pass or fail' })
  @ApiResponse({ status: 202, description: 'pending: evidence is missing, or verification is under way' })
  @ApiResponse({ status: 304, description: 'Nothing has changed since the ETag given in If-None-Match' })
  async get(
    @Param('digest') digest: string,
    @Query({ schema: verdictQuery }) query: z.infer<typeof verdictQuery>,
    @Headers('if-none-match') known: string | undefined,
    @Headers('cache-control') cacheControl: string | undefined,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    const subject = readDigest(digest);
    const chain = await this.verdicts.chainOf(caller, query.chain, subject);
    if (query.asOf) {
      reply.header('vary', 'authorization');
      reply.header('cache-control', 'private, no-store').header('content-type', JSON_TYPE);
      return JSON.stringify(await this.verdicts.report(chain, subject, query.asOf, new Date()));
    }
    const read = async () => {
      const now = new Date();
      return readyAnswer(await this.verdicts.find(chain, subject, now, caller.name), now);
    };
    const answer = await (mayBeKept(cacheControl) ? this.cache.find(chain.id, subject, read) : read());
    return respond(reply, responseOf(answer, known));
  }

  @Allow('read')
  @Get(':digest/explain')
  @ApiOperation({
    summary: 'The graph behind the verdict: links chosen and rejected, and what ties them together',
  })
  @ApiProduces('application/json', 'text/vnd.mermaid')
  @TakesChain()
  async explain(
    @Param('digest') digest: string,
    @Query({ schema: explainQuery }) query: z.infer<typeof explainQuery>,
    @Headers('accept') accept: string | undefined,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ExplainedVerdict | string> {
    const subject = readDigest(digest);
    const chain = await this.verdicts.chainOf(caller, query.chain, subject);
    const explained = await this.verdicts.explain(chain, subject, new Date(), caller.name);
    reply.header('vary', 'authorization, accept').header('cache-control', 'private, no-cache');
    if (accept?.includes('text/vnd.mermaid')) {
      reply.header('content-type', 'text/vnd.mermaid; charset=utf-8');
      return mermaid(explained);
    }
    return explained;
  }
}
