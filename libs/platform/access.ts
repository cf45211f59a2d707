import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { Problem } from './problems.js';

export const scopes = ['ingest', 'read', 'operate'] as const;
export type Scope = (typeof scopes)[number];

/** Who asks, as established by the access token. */
export interface Principal {
  /** The tokens of one name are one principal in each chain; a token that shares no name is called by its own id. */
  readonly name: string;
  readonly tokenId: string;
  readonly scopes: readonly Scope[];
  /** The one chain this token is bound to; null: every chain. */
  readonly chain: { readonly id: number; readonly name: string } | null;
}

/** A request that was let in. */
export interface Admission {
  readonly principal: Principal;
  /** Rejects as soon as the token would not be let in any more: for whatever goes on for longer than a moment. */
  confirm(): Promise<void>;
}

/** Who was let in a moment ago, for routes that answer without going through the guard. */
export abstract class Admitted {
  /** Undefined when the guard has to look: it does not mean that the token is bad. */
  abstract lookUp(authorization: string | undefined, scope: Scope): Principal | undefined;
}

export const SCOPE = 'custody:scope';

/** What a route says of who may use it. */
export type Access = readonly Scope[] | 'public';

/** The route needs a token with one of these scopes. A route without this and without `Public` is closed to all. */
export const Allow = (...allowed: Scope[]) => says(allowed);

/** The route needs no token. */
export const Public = () => says('public');

/** To Nest's guards, and to Fastify's hooks, which come before. */
function says(access: Access): MethodDecorator {
  return applyDecorators(SetMetadata(SCOPE, access), RouteConfig({ access }));
}

/** What the route of a request says; undefined when it says nothing. */
export function accessOf({ routeOptions }: FastifyRequest): Access | undefined {
  return (routeOptions.config as { readonly access?: Access }).access;
}

/** The token of an Authorization header; undefined when it holds none. */
export function bearerOf(authorization: string | undefined): string | undefined {
  const [scheme, text] = authorization?.split(' ') ?? [];
  return scheme?.toLowerCase() === 'bearer' ? text : undefined;
}

const admissions = new WeakMap<object, Admission>();

/** Called once a request, by whoever lets it in. */
export function admit(request: FastifyRequest, admission: Admission): void {
  admissions.set(request.raw, admission);
}

/** Undefined when nobody has let it in, or nobody needs to. */
export function admissionOf(request: FastifyRequest): Admission | undefined {
  return admissions.get(request.raw);
}

/** Handler parameter: the principal of this request. */
export const Caller = createParamDecorator((_: undefined, context: ExecutionContext): Principal => {
  return admissionIn(context).principal;
});

/** Handler parameter: the admission of this request, for answers that take their time. */
export const Admitting = createParamDecorator((_: undefined, context: ExecutionContext): Admission => {
  return admissionIn(context);
});

function admissionIn(context: ExecutionContext): Admission {
  const admission = admissionOf(context.switchToHttp().getRequest<FastifyRequest>());
  if (!admission) {
    throw new Problem('TOKEN_MISSING');
  }
  return admission;
}
