import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Scope } from '#platform/access.js';
import { Problem } from '#platform/problems.js';
import { newToken } from './token.js';

export interface TokenRequest {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Absent: a token for every chain. */
  readonly chain?: string | undefined;
  readonly days: number;
  /** The name of the principal that it belongs to. Absent: one of its own, or that of the token which it succeeds. */
  readonly principal?: string | undefined;
  /** The id of a token whose principal it belongs to, also if that one is revoked or has expired. */
  readonly succeeds?: string | undefined;
}

export interface TokenInfo {
  readonly id: string;
  readonly name: string;
  /** The id of the token, unless it belongs to a principal with a name, or succeeds another. */
  readonly principal: string;
  readonly scopes: readonly Scope[];
  readonly chain: string | null;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
}

const DAY_MS = 86_400_000;

/** Makes, lists and revokes access tokens. */
@Injectable()
export class TokenService {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  /** Throws CHAIN_UNKNOWN, and TOKEN_UNKNOWN when there is nothing to succeed. */
  async create(request: TokenRequest, at: Date): Promise<TokenInfo & { readonly token: string }> {
    const principal = request.principal ?? (await this.succeeded(request));
    const chainId = request.chain === undefined ? null : await this.chainId(request.chain);
    const { id, text, secretHash } = newToken();
    const expiresAt = new Date(at.getTime() + request.days * DAY_MS);
    await this.source.query(
      `insert into access_token (id, name, principal, secret_hash, scopes, chain_id, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, request.name, principal, secretHash, request.scopes, chainId, at, expiresAt],
    );
    return {
      id,
      token: text,
      name: request.name,
      principal: principal ?? id,
      scopes: request.scopes,
      chain: request.chain ?? null,
      createdAt: at.toISOString(),
      expiresAt: expiresAt.toISOString(),
      revokedAt: null,
    };
  }

  /** The first operator token of a new installation; undefined when any token exists. */
  async createFirst(at: Date): Promise<string | undefined> {
    const [{ count }] = await this.source.query<[{ count: string }]>('select count(*) from access_token');
    if (count !== '0') {
      return undefined;
    }
    return (
      await this.create({ name: 'first operator', scopes: ['ingest', 'read', 'operate'], days: 90 }, at)
    ).token;
  }

  async list(): Promise<TokenInfo[]> {
    const rows = await this.source.query<Record<string, unknown>[]>(
      `select token.id, token.name, coalesce(token.principal, token.id) as principal, token.scopes, chain.name as chain, token.created_at,
              token.expires_at, token.revoked_at
         from access_token token left join chain on chain.id = token.chain_id
        order by token.created_at, token.id`,
    );
    return rows.map((row) => ({
      id: row.id as string,
      name: row.name as string,
      principal: row.principal as string,
      scopes: row.scopes as Scope[],
      chain: row.chain as string | null,
      createdAt: (row.created_at as Date).toISOString(),
      expiresAt: (row.expires_at as Date).toISOString(),
      revokedAt: (row.revoked_at as Date | null)?.toISOString() ?? null,
    }));
  }

  async revoke(id: string, at: Date): Promise<void> {
    const [, count] = await this.source.query<[unknown, number]>(
      'update access_token set revoked_at = coalesce(revoked_at, $2) where id = $1',
      [id, at],
    );
    if (count === 0) {
      throw new Problem('TOKEN_UNKNOWN');
    }
  }

  /** The principal of the token that this one is to succeed. */
  private async succeeded({ succeeds: id, chain }: TokenRequest): Promise<string | undefined> {
    if (id === undefined) {
      return undefined;
    }
    const [token] = await this.source.query<{ principal: string; chain: string | null }[]>(
      `select coalesce(token.principal, token.id) as principal, chain.name as chain
         from access_token token left join chain on chain.id = token.chain_id where token.id = $1`,
      [id],
    );
    if (!token) {
      throw new Problem('TOKEN_UNKNOWN', { detail: `There is no token ${id} to succeed.` });
    }
    if (chain !== undefined && token.chain !== null && token.chain !== chain) {
      throw new Problem('BODY_INVALID', {
        detail: `succeeds: token ${id} is bound to ${token.chain}, and principals of one chain are none of another`,
      });
    }
    return token.principal;
  }

  private async chainId(name: string): Promise<number> {
    const [chain] = await this.source.query<{ id: number }[]>('select id from chain where name = $1', [name]);
    if (!chain) {
      throw new Problem('CHAIN_UNKNOWN', { detail: `There is no supply chain named ${name}.` });
    }
    return chain.id;
  }
}
