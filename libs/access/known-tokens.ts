import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import type { Principal, Scope } from '#platform/access.js';
import { type GivenToken, readToken, sameHash } from './token.js';

/** How long a token may still work in this process after it was revoked. */
const REMEMBERED_MS = 2_000;

/** Who holds a token, as the database said a moment ago. */
@Injectable()
export class KnownTokens {
  /** Requests that come at once share one look. */
  private readonly remembered = new LRUCache<string, KnownToken>({
    max: 10_000,
    ttl: REMEMBERED_MS,
    fetchMethod: (id) => this.look(id),
  });

  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  /** Undefined when the database has to be asked: it does not mean that the token is bad. */
  recall(text: string): Principal | undefined {
    const given = readToken(text);
    return given && principalOf(this.remembered.get(given.id), given);
  }

  /** Undefined when there is no such token, or none that still counts. */
  async identify(text: string): Promise<Principal | undefined> {
    const given = readToken(text);
    const known = given && (this.remembered.get(given.id) ?? (await this.remembered.fetch(given.id)));
    return given && principalOf(known, given);
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
