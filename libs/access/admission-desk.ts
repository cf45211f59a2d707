import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  type Access,
  type Admission,
  type Admitted,
  admissionOf,
  admit,
  bearerOf,
  type Principal,
  type Scope,
} from '#platform/access.js';
import { Problem } from '#platform/problems.js';
import { KnownTokens } from './known-tokens.js';
import { RefusalPace } from './refusal-pace.js';
import { RequestLimits } from './request-limits.js';

/** Lets requests in by their token, each once. */
@Injectable()
export class AdmissionDesk implements Admitted {
  constructor(
    private readonly tokens: KnownTokens,
    private readonly limits: RequestLimits,
    private readonly pace: RefusalPace,
  ) {}

  /** Resolves when the request may go on; rejects with the refusal. What says nothing of who may use it is closed. */
  async letIn(request: FastifyRequest, access: Access | undefined): Promise<void> {
    if (access === 'public' || admissionOf(request)) {
      return;
    }
    const text = bearerOf(request.headers.authorization) ?? '';
    const principal = await this.identify(text, request);
    await this.limits.charge(principal);
    requireScope(principal, access);
    admit(request, new Standing(this.tokens, text, principal, access));
  }

  lookUp(authorization: string | undefined, scope: Scope): Principal | undefined {
    const principal = this.tokens.recall(bearerOf(authorization) ?? '');
    return principal?.scopes.includes(scope) ? principal : undefined;
  }

  private async identify(text: string, { ip, raw }: FastifyRequest): Promise<Principal> {
    const principal =
      this.tokens.recall(text) ?? (await this.tokens.identify(text, await this.limits.isSuspect(ip)));
    if (!principal) {
      await this.pace.turn(ip, raw.socket);
      await this.limits.chargeStranger(ip);
      throw new Problem(text === '' ? 'TOKEN_MISSING' : 'TOKEN_INVALID');
    }
    return principal;
  }
}

/** The token may be revoked, run out or lose its scope while the request that came with it goes on. */
class Standing implements Admission {
  constructor(
    private readonly tokens: KnownTokens,
    private readonly text: string,
    readonly principal: Principal,
    private readonly access: readonly Scope[] | undefined,
  ) {}

  async confirm(): Promise<void> {
    const principal = this.tokens.recall(this.text) ?? (await this.tokens.identify(this.text));
    if (!principal) {
      throw new Problem('TOKEN_INVALID');
    }
    requireScope(principal, this.access);
  }
}

function requireScope(principal: Principal, access: readonly Scope[] | undefined): void {
  if (!access?.some((scope) => principal.scopes.includes(scope))) {
    throw new Problem('SCOPE_MISSING', {
      detail: `This needs a token with the scope ${access?.join(' or ')}.`,
    });
  }
}
