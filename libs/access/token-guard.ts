import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { type Admitted, admit, type Principal, SCOPE, type Scope } from '#platform/access.js';
import { Problem } from '#platform/problems.js';
import { type GivenToken, readToken, sameHash } from './token.js';

/** How long a token may still work in this process after it was revoked. */
const REMEMBERED_MS = 2_000;

/** Every route is closed unless it says who may use it. Runs before anything of the request is looked at. */
@Injectable()
export class TokenGuard implements CanActivate, Admitted {
  /** Requests that come at once share one look. */
  private readonly remembered = new LRUCache<string, KnownToken>({
    max: 10_000,
    ttl: REMEMBERED_MS,
    fetchMethod: (id) => this.look(id),
  });

  constructor(
    private readonly reflector: Reflector,
    @Inject(DataSource) private readonly source: DataSource,
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
    const given = readToken(bearerOf(authorization) ?? '');
    const principal = given && principalOf(this.remembered.get(given.id), given);
    return principal?.scopes.includes(scope) ? principal : undefined;
  }

  private async identify(authorization: string | undefined): Promise<Principal> {
    const text = bearerOf(authorization);
    if (!text) {
      throw new Problem('TOKEN_MISSING');
    }
    const given = readToken(text);
    const known = given && (this.remembered.get(given.id) ?? (await this.remembered.fetch(given.id)));
    const principal = given && principalOf(known, given);
    if (!principal) {
      throw new Problem('TOKEN_INVALID');
    }
    return principal;
  }

  private async look(id: string): Promise<KnownToken | undefined> {
    const [row] = await this.source.query<TokenRow[]>(
      `select token.scopes, token.secret_hash, chain.id as chain_id, chain.name as chain_name
         from access_token token left join chain on chain.id = token.chain_id
        where token.id = $1 and token.revoked_at is null and token.expires_at > now()`,
      [id],
    );
    if (!row) {
      return undefined;
    }
    const chain =
      row.chain_id === null || row.chain_name === null ? null : { id: row.chain_id, name: row.chain_name };
    return { principal: { tokenId: id, scopes: row.scopes, chain }, secretHash: row.secret_hash };
  }
}

function bearerOf(authorization: string | undefined): string | undefined {
  const [scheme, text] = authorization?.split(' ') ?? [];
  return scheme?.toLowerCase() === 'bearer' ? text : undefined;
}

/** The secret is compared each time, also when the token is remembered. */
function principalOf(known: KnownToken | undefined, given: GivenToken): Principal | undefined {
  return known && sameHash(known.secretHash, given.secretHash) ? known.principal : undefined;
}

interface KnownToken {
  readonly principal: Principal;
  readonly secretHash: Buffer;
}

interface TokenRow {
  readonly scopes: Scope[];
  readonly secret_hash: Buffer;
  readonly chain_id: number | null;
  readonly chain_name: string | null;
}
