import { Body, Controller, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import type { KeyChangeKind } from '#key-lifecycle/key-record.js';
import { visibleChain } from '#persistence/chains/visible-chain.js';
import { Allow, Caller, type Principal } from '#platform/access.js';
import { type ChainQuery, chainQuery, TakesChain } from '#platform/chain-query.js';
import { Problem } from '#platform/problems.js';
import { compromise, plainChange, retirement, undoing } from './key-request.js';
import { type ChangeInfo, KeyService } from './key-service.js';

/** Each answer says what was recorded, how many verdicts depend on the key, and how many it denies now. */
@ApiTags('trust')
@ApiBearerAuth()
@ApiParam({ name: 'key', description: 'Its fingerprint, or a key id that no other key of the chain has' })
@TakesChain()
@Controller('keys/:key')
export class KeyChangesController {
  constructor(
    private readonly keys: KeyService,
    @Inject(DataSource) private readonly source: DataSource,
  ) {}

  @Allow('operate')
  @Post('retire')
  @HttpCode(200)
  @ApiOperation({ summary: 'The key signs no more: what is received from a time on does not count' })
  retire(
    @Param('key') key: string,
    @Body({ schema: retirement }) { reason, effective }: z.infer<typeof retirement>,
    @Query({ schema: chainQuery }) query: ChainQuery,
    @Caller() caller: Principal,
  ): Promise<ChangeInfo> {
    return this.change(key, query, caller, reason, (now) => ({
      kind: 'retired',
      effective: effective ?? now,
    }));
  }

  @Allow('operate')
  @Post('suspend')
  @HttpCode(200)
  @ApiOperation({ summary: 'Nothing that the key signed counts until this is lifted' })
  suspend(
    @Param('key') key: string,
    @Body({ schema: plainChange }) { reason }: z.infer<typeof plainChange>,
    @Query({ schema: chainQuery }) query: ChainQuery,
    @Caller() caller: Principal,
  ): Promise<ChangeInfo> {
    return this.change(key, query, caller, reason, () => ({ kind: 'suspended' }));
  }

  @Allow('operate')
  @Post('lift')
  @HttpCode(200)
  @ApiOperation({ summary: 'End every suspension; for another operator than whoever suspended' })
  lift(
    @Param('key') key: string,
    @Body({ schema: plainChange }) { reason }: z.infer<typeof plainChange>,
    @Query({ schema: chainQuery }) query: ChainQuery,
    @Caller() caller: Principal,
  ): Promise<ChangeInfo> {
    return this.change(key, query, caller, reason, () => ({ kind: 'lifted' }));
  }

  @Allow('operate')
  @Post('compromise')
  @HttpCode(200)
  @ApiOperation({ summary: 'The key is in other hands, since a time or since nobody knows when' })
  compromise(
    @Param('key') key: string,
    @Body({ schema: compromise }) { reason, since }: z.infer<typeof compromise>,
    @Query({ schema: chainQuery }) query: ChainQuery,
    @Caller() caller: Principal,
  ): Promise<ChangeInfo> {
    return this.change(key, query, caller, reason, (now) => {
      if (since && since > now) {
        throw new Problem('BODY_INVALID', { errors: [{ path: 'since', message: 'is in the future' }] });
      }
      return { kind: 'compromised', since: since ?? undefined };
    });
  }

  @Allow('operate')
  @Post('misissue')
  @HttpCode(200)
  @ApiOperation({ summary: 'The key never was what it was taken for: nothing that it signed counts' })
  misissue(
    @Param('key') key: string,
    @Body({ schema: plainChange }) { reason }: z.infer<typeof plainChange>,
    @Query({ schema: chainQuery }) query: ChainQuery,
    @Caller() caller: Principal,
  ): Promise<ChangeInfo> {
    return this.change(key, query, caller, reason, () => ({ kind: 'misissued' }));
  }

  @Allow('operate')
  @Post('undo')
  @HttpCode(200)
  @ApiOperation({ summary: 'A change counts no longer; for another operator than whoever recorded it' })
  undo(
    @Param('key') key: string,
    @Body({ schema: undoing }) { reason, undoes }: z.infer<typeof undoing>,
    @Query({ schema: chainQuery }) query: ChainQuery,
    @Caller() caller: Principal,
  ): Promise<ChangeInfo> {
    return this.change(key, query, caller, reason, () => ({ kind: 'undone', undoes }));
  }

  private async change(
    key: string,
    { chain }: ChainQuery,
    caller: Principal,
    reason: string,
    changeAt: (now: Date) => KeyChangeKind,
  ): Promise<ChangeInfo> {
    const visible = await visibleChain(this.source, caller, chain);
    return this.keys.change(visible, key, changeAt, { actor: caller.tokenId, reason });
  }
}
