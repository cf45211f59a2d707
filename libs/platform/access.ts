import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from './problems.js';

export const scopes = ['ingest', 'read', 'operate'] as const;
export type Scope = (typeof scopes)[number];

/** Who asks, as established by the access token. */
export interface Principal {
  readonly tokenId: string;
  readonly scopes: readonly Scope[];
  /** The one chain this token is bound to; null: every chain. */
  readonly chain: { readonly id: number; readonly name: string } | null;
}

/** Who was let in a moment ago, for routes that answer without going through the guard. */
export abstract class Admitted {
  /** Undefined when the guard has to look: it does not mean that the token is bad. */
  abstract lookUp(authorization: string | undefined, scope: Scope): Principal | undefined;
}

export const SCOPE = 'custody:scope';

/** The route needs a token with one of these scopes. A route without this and without `Public` is closed to all. */
export const Allow = (...allowed: Scope[]) => SetMetadata(SCOPE, allowed);

/** The route needs no token. */
export const Public = () => SetMetadata(SCOPE, 'public');

/** The token of an Authorization header; undefined when it holds none. */
export function bearerOf(authorization: string | undefined): string | undefined {
  const [scheme, text] = authorization?.split(' ') ?? [];
  return scheme?.toLowerCase() === 'bearer' ? text : undefined;
}

const principals = new WeakMap<object, Principal>();

/** Called by the guard, once a request. */
export function admit(request: FastifyRequest, principal: Principal): void {
  principals.set(request.raw, principal);
}

/** Handler parameter: the principal of this request. */
export const Caller = createParamDecorator((_: undefined, context: ExecutionContext): Principal => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const principal = principals.get(request.raw);
  if (!principal) {
    throw new Problem('TOKEN_MISSING');
  }
  return principal;
});
