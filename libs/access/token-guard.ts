import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { type Admitted, admit, type Principal, SCOPE, type Scope } from '#platform/access.js';
import { Problem } from '#platform/problems.js';
import { KnownTokens } from './known-tokens.js';

/** Every route is closed unless it says who may use it. Runs before anything of the request is looked at. */
@Injectable()
export class TokenGuard implements CanActivate, Admitted {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: KnownTokens,
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
    const principal = await this.identify(request.headers.authorization);
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

  private async identify(authorization: string | undefined): Promise<Principal> {
    const text = bearerOf(authorization);
    if (!text) {
      throw new Problem('TOKEN_MISSING');
    }
    const principal = await this.tokens.identify(text);
    if (!principal) {
      throw new Problem('TOKEN_INVALID');
    }
    return principal;
  }
}

function bearerOf(authorization: string | undefined): string | undefined {
  const [scheme, text] = authorization?.split(' ') ?? [];
  return scheme?.toLowerCase() === 'bearer' ? text : undefined;
}
