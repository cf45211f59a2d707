import { Controller, Get, Header, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { visibleChain } from '#persistence/chains/visible-chain.js';
import { findLinks, NAMED_AT_MOST } from '#persistence/links/find-links.js';
import { UNRECORDED } from '#persistence/postings/poster.js';
import { WITHOUT_RUN } from '#persistence/postings/posting.entity.js';
import { Allow, Caller, type Principal } from '#platform/access.js';
import { AnswersBytes } from '#platform/answers-bytes.js';
import { type ChainQuery, chainQuery, TakesChain } from '#platform/chain-query.js';
import { digestParameter } from '#platform/digest.js';
import { HeldAnswers } from '#platform/held-answers.js';
import { Problem } from '#platform/problems.js';
import { BlobStore } from '#storage/blob-store.js';
import { readVerified } from '#storage/content-address.js';

const searchQuery = z.strictObject({
  chain: z.string().optional(),
  step: z.string().optional(),
  digest: digestParameter.optional(),
  keyid: z.string().optional(),
  run: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z
    .string()
    .regex(/^\d{1,18}$/, 'use the `next` of the page before')
    .optional(),
});

interface LinkList {
  readonly links: readonly {
    readonly id: string;
    readonly step: string;
    readonly keyids: readonly string[];
    readonly container: string;
    readonly size: number;
    /** Twenty at most. */
    readonly runs: readonly string[];
    /** It is in others beside them, or was posted oftener. */
    readonly hasMore: boolean;
    readonly receivedAt: string;
    /** Who posted the file first; null: before that was recorded. */
    readonly principal: string | null;
    /** Who posted it to which run, twenty at most; without those from before that was recorded. */
    readonly postings: readonly {
      readonly principal: string;
      /** Id of the token. */
      readonly token: string;
      /** Null: without a run. */
      readonly run: string | null;
      readonly attempt: number;
      readonly postedAt: string;
    }[];
  }[];
  /** Cursor of the next page; null on the last. A page may be short, and even empty, and not the last. */
  readonly next: string | null;
}

@ApiTags('links')
@ApiBearerAuth()
@Controller('links')
export class LinksController {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly blobs: BlobStore,
    private readonly answers: HeldAnswers,
  ) {}

  @Allow('read')
  @Get()
  @ApiOperation({
    summary: 'Find links, newest first',
    description:
      'The last page is the one whose `next` is null. Where a key is sought together with a step or a digest, a page may hold fewer links than `limit`, or none, and not be the last.',
  })
  @TakesChain()
  @ApiQuery({ name: 'step', required: false })
  @ApiQuery({ name: 'digest', required: false, description: 'sha256:… among the materials or products' })
  @ApiQuery({ name: 'keyid', required: false })
  @ApiQuery({ name: 'run', required: false })
  @ApiQuery({ name: 'limit', required: false, description: '1 to 500, default 100' })
  @ApiQuery({ name: 'cursor', required: false, description: 'the `next` of the page before' })
  async find(
    @Query({ schema: searchQuery }) query: z.infer<typeof searchQuery>,
    @Caller() caller: Principal,
  ): Promise<LinkList> {
    const chain = await visibleChain(this.source, caller, query.chain);
    const page = await findLinks(this.source, chain.id, { ...query, before: query.cursor }, query.limit);
    return {
      links: page.links.map((row) => ({
        id: row.id.toString('hex'),
        step: row.step,
        keyids: row.keyids,
        container: row.container,
        size: row.size,
        runs: row.runs.slice(0, NAMED_AT_MOST),
        hasMore: row.runs.length > NAMED_AT_MOST || row.postings.length > NAMED_AT_MOST,
        receivedAt: row.received_at.toISOString(),
        principal: row.principal === UNRECORDED.principal ? null : row.principal,
        postings: row.postings.slice(0, NAMED_AT_MOST).map(({ run, posted_at, ...posting }) => ({
          ...posting,
          run: run === WITHOUT_RUN ? null : run,
          postedAt: posted_at,
        })),
      })),
      next: page.next,
    };
  }

  @Allow('read', 'ingest')
  @Get(':id')
  @AnswersBytes()
  @Header('cache-control', 'private, immutable, max-age=31536000')
  @ApiOperation({ summary: 'A link, byte for byte as it was posted' })
  @TakesChain()
  async get(
    @Param('id') id: string,
    @Query({ schema: chainQuery }) query: ChainQuery,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const chain = await visibleChain(this.source, caller, query.chain);
    const key = /^[0-9a-f]{64}$/.test(id) ? Buffer.from(id, 'hex') : undefined;
    const [row] = key
      ? await this.source.query<{ size: number }[]>('select size from link where chain_id = $1 and id = $2', [
          chain.id,
          key,
        ])
      : [];
    if (!key || !row) {
      throw new Problem('LINK_UNKNOWN');
    }
    this.answers.hold(reply, row.size);
    const bytes = await readVerified(this.blobs, chain.name, 'links', key);
    if (!bytes) {
      throw new Error(`the bytes of link ${id} are not in the blob store`);
    }
    return bytes;
  }
}
