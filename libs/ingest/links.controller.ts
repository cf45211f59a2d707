import type { Readable } from 'node:stream';
import { Body, Controller, HttpCode, Inject, Post, Query, Res } from '@nestjs/common';
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
import { posterOf } from '#persistence/postings/poster.js';
import { type Admission, Admitting, Allow } from '#platform/access.js';
import { TakesChain } from '#platform/chain-query.js';
import { Config } from '#platform/config.js';
import { digestParameter } from '#platform/digest.js';
import { OpenStreams } from '#platform/open-streams.js';
import { bytesOf } from '#platform/request-body.js';
import { chunksOf } from '#platform/streamed-body.js';
import { acceptBatch, writeAnswers } from './batch.js';
import { type Destination, IngestService, type LinkInfo } from './ingest-service.js';
import { attemptNumber, runName } from './run-name.js';

const circumstances = z
  .strictObject({
    chain: z.string().optional(),
    run: runName.optional(),
    attempt: attemptNumber.default(1),
    subject: digestParameter.optional(),
  })
  .refine(({ run, subject }) => run !== undefined || subject === undefined, {
    path: ['subject'],
    message: 'a subject is declared of a run: give ?run= too',
  });
type CircumstancesQuery = z.infer<typeof circumstances>;

@ApiTags('links')
@ApiBearerAuth()
@Controller('links')
export class IngestController {
  constructor(
    private readonly ingest: IngestService,
    @Inject(DataSource) private readonly source: DataSource,
    private readonly config: Config,
    private readonly streams: OpenStreams,
  ) {}

  @Allow('ingest')
  @Post()
  @ApiOperation({
    summary: 'Store a link: the file exactly as the in-toto client wrote it (Metablock or DSSE)',
  })
  @ApiResponse({ status: 201, description: 'The link is stored' })
  @ApiResponse({ status: 200, description: 'The link was stored before' })
  @ApiQuery({ name: 'attempt', required: false, description: '1, 2, 3 … as the job is repeated; absent: 1' })
  @ApiConsumes('application/json', 'application/vnd.in-toto+json', 'application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @TakesChain()
  @ApiQuery({
    name: 'run',
    required: false,
    description: 'The pipeline execution; its links are verified together',
  })
  @ApiQuery({
    name: 'subject',
    required: false,
    description: 'The image digest that this run makes, sha256:…',
  })
  async post(
    @Body() body: unknown,
    @Query({ schema: circumstances }) query: CircumstancesQuery,
    @Admitting() admission: Admission,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LinkInfo> {
    const destination = await this.destinationOf(admission, query);
    const { created, link } = await this.ingest.accept(destination, bytesOf(body), query);
    reply
      .status(created ? 201 : 200)
      .header('location', `/links/${link.id}?chain=${encodeURIComponent(link.chain)}`);
    return link;
  }

  @Allow('ingest')
  @Post('batch')
  @HttpCode(200)
  @ApiOperation({ summary: 'Store many links: NDJSON in, one answer a line in the same order' })
  @ApiResponse({
    status: 200,
    description:
      'An answer a line, in order; one with `line: null` at the end says why the rest was not read',
    content: { 'application/x-ndjson': { schema: { type: 'string' } } },
  })
  @ApiConsumes('application/x-ndjson')
  @ApiBody({ schema: { type: 'string' } })
  @TakesChain()
  @ApiQuery({ name: 'run', required: false })
  async batch(
    @Body() body: unknown,
    @Query({ schema: circumstances }) query: CircumstancesQuery,
    @Admitting() admission: Admission,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable> {
    const destination = await this.destinationOf(admission, query);
    this.streams.enter(admission.principal, reply.raw);
    const { linkBytes } = this.config.limits;
    const lines = chunksOf(body, destination.confirm);
    const answers = acceptBatch(this.ingest, destination, lines, query, linkBytes);
    const written = await writeAnswers(answers, (error) => {
      reply.log.warn({ reqId: reply.request.id, err: error }, 'a batch was not read to its end');
    });
    reply.header('content-type', 'application/x-ndjson; charset=utf-8');
    return written;
  }

  private async destinationOf(
    admission: Admission,
    { chain }: Pick<CircumstancesQuery, 'chain'>,
  ): Promise<Destination> {
    const { principal } = admission;
    return {
      chain: await visibleChain(this.source, principal, chain),
      poster: posterOf(principal),
      confirm: () => admission.confirm(),
    };
  }
}
