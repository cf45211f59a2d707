import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { visibleChain } from '#persistence/chains/visible-chain.js';
import { listEvents } from '#persistence/trust/list-events.js';
import { Allow, Caller, type Principal } from '#platform/access.js';
import { TakesChain } from '#platform/chain-query.js';
import { type EventInfo, eventInfo } from './event-info.js';

const eventsQuery = z.strictObject({
  chain: z.string().optional(),
  after: z
    .string()
    .regex(/^\d{1,18}$/, 'the seq of an event')
    .default('0'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/** For auditors: who changed what, when and why. */
@ApiTags('trust')
@ApiBearerAuth()
@Controller('events')
export class EventsController {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  @Allow('read', 'operate')
  @Get()
  @ApiOperation({
    summary: 'What changed the trust of a chain, oldest first; none is ever changed or removed',
  })
  @TakesChain()
  @ApiQuery({ name: 'after', required: false, description: '`seq` of the last event seen' })
  @ApiQuery({ name: 'limit', required: false, description: '1 to 1000; absent: 100' })
  async list(
    @Query({ schema: eventsQuery }) query: z.infer<typeof eventsQuery>,
    @Caller() caller: Principal,
  ): Promise<{ events: EventInfo[] }> {
    const chain = await visibleChain(this.source, caller, query.chain);
    return { events: (await listEvents(this.source, chain.id, query)).map(eventInfo) };
  }
}
