import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Allow, Caller, type Principal, scopes } from '#platform/access.js';
import { Problem } from '#platform/problems.js';
import { principalName } from './principal-name.js';
import { type TokenInfo, TokenService } from './token-service.js';

const tokenRequest = z
  .strictObject({
    name: z.string().min(1).max(200),
    scopes: z.array(z.enum(scopes)).min(1),
    chain: z.string().min(1).optional(),
    days: z.int().min(1).max(365).default(90),
    principal: principalName.optional(),
    succeeds: z.string().min(1).optional(),
  })
  .refine(({ principal, succeeds }) => principal === undefined || succeeds === undefined, {
    path: ['succeeds'],
    message: 'the token belongs to the principal of the one that it succeeds: give no principal beside it',
  })
  .meta({ id: 'TokenRequest' });

@ApiTags('access')
@ApiBearerAuth()
@Controller('tokens')
export class TokensController {
  constructor(private readonly tokens: TokenService) {}

  @Allow('operate')
  @Post()
  @ApiOperation({ summary: 'Make an access token; its text is in this answer and nowhere else' })
  create(
    @Body({ schema: tokenRequest }) request: z.infer<typeof tokenRequest>,
    @Caller() caller: Principal,
  ): Promise<TokenInfo & { token: string }> {
    requireEveryChain(caller);
    return this.tokens.create(request, new Date());
  }

  @Allow('operate')
  @Get()
  @ApiOperation({ summary: 'List the access tokens, without their secrets' })
  async list(@Caller() caller: Principal): Promise<{ tokens: TokenInfo[] }> {
    requireEveryChain(caller);
    return { tokens: await this.tokens.list() };
  }

  @Allow('operate')
  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke an access token; it stops working everywhere within a second' })
  async revoke(@Param('id') id: string, @Caller() caller: Principal): Promise<void> {
    requireEveryChain(caller);
    await this.tokens.revoke(id, new Date());
  }
}

/** An operator of one chain must not make himself one of all. */
function requireEveryChain(caller: Principal): void {
  if (caller.chain) {
    throw new Problem('SCOPE_MISSING', {
      detail: 'This needs an operator token that is not bound to one chain.',
    });
  }
}
