import { Body, Controller, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { visibleChain } from '#persistence/chains/visible-chain.js';
import { posterOf } from '#persistence/postings/poster.js';
import { Allow, Caller, type Principal } from '#platform/access.js';
import { type ChainQuery, chainQuery, TakesChain } from '#platform/chain-query.js';
import { bytesOf } from '#platform/request-body.js';
import { type ImageInfo, ImageService } from './image-service.js';

@ApiTags('subjects')
@ApiBearerAuth()
@Controller('subjects')
export class ImagesController {
  constructor(
    private readonly images: ImageService,
    @Inject(DataSource) private readonly source: DataSource,
  ) {}

  @Allow('ingest')
  @Post('manifests')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Say which digests belong to one image: its manifest or index, byte for byte as in the registry',
  })
  @ApiConsumes(
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.oci.image.index.v1+json',
    'application/json',
  )
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @TakesChain()
  async post(
    @Body() body: unknown,
    @Query({ schema: chainQuery }) query: ChainQuery,
    @Caller() caller: Principal,
  ): Promise<ImageInfo> {
    const chain = await visibleChain(this.source, caller, query.chain);
    return this.images.accept(chain, bytesOf(body), posterOf(caller));
  }
}
