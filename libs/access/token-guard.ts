import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { type Admitted, admit, bearerOf, type Principal, SCOPE, type Scope } from '#platform/access.js';
import { Problem } from '#platform/problems.js';
import { KnownTokens } from './known-tokens.js';
import { RequestLimits } from './request-limits.js';

/** Every route is closed unless it says who may use it. Runs before anything of the request is looked at. */
@Injectable()
export class TokenGuard implements CanActivate, Admitted {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: KnownTokens,
    private readonly limits: RequestLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const allowed = this.reflector.getAllAndOverride<Scope[] | 'public' | undefined>(SCOPE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (allowed === 'public') {
      return true;
    }
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const principal = await this.identify(request);
    await this.limits.charge(principal);
    if (!allowed?.some((scope) => principal.scopes.includes(scope))) {
      throw new Problem('SCOPE_MISSING', {
        detail: `This needs a token with the scope ${allowed?.join(' or ')}.`,
      });
    }
    admit(request, principal);
    return true;
  }

  lookUp(authorization: string | undefined, scope: Scope): Principal | undefined {
    const principal = this.tokens.recall(bearerOf(authorization) ?? '');
    return principal?.scopes.includes(scope) ? principal : undefined;
  }

  private async identify({ headers, ip }: FastifyRequest): Promise<Principal> {
    const text = bearerOf(headers.authorization) ?? '';
    const principal =
      this.tokens.recall(text) ?? (await this.tokens.identify(text, await this.limits.isSuspect(ip)));
    if (!principal) {
      await this.limits.chargeStranger(ip);
      throw new Problem(text === '' ? 'TOKEN_MISSING' : 'TOKEN_INVALID');
    }
    return principal;
  }
}
