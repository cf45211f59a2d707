import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import type { Principal, Scope } from '#platform/access.js';
import { type LookUpLimits, SharedLookUps } from './shared-look-ups.js';
import { type GivenToken, readToken, sameHash } from './token.js';

/** How long a token may still work in this process after it was revoked: with the time to ask, below a second. */
const REMEMBERED_MS = 800;
/** How long an id that no token had stays refused. A token that is made has a new random id, so nobody waits for this. */
const UNKNOWN_MS = 2_000;
/** Of each kind. */
const IDS_REMEMBERED = 10_000;

/** At most a hundred statements a second for everybody, and ten for those whose addresses guess. */
const ORDINARY: LookUpLimits = { pauseMs: 10, idsEach: 5_000, idsAtOnce: 20_000 };
const SUSPECT: LookUpLimits = { ...ORDINARY, pauseMs: 100 };

/**
 * Who holds a token, as the database said a moment ago. What strangers make up costs a bounded number of statements a
 * second, and drives nobody's token out of memory.
 */
@Injectable()
export class KnownTokens {
  /** What is too old to be believed stays until others need its place: its holder is no stranger. */
  private readonly known = new LRUCache<string, KnownToken>({
    max: IDS_REMEMBERED,
    ttl: REMEMBERED_MS,
    noDeleteOnStaleGet: true,
  });
  private readonly unknown = new LRUCache<string, true>({ max: IDS_REMEMBERED, ttl: UNKNOWN_MS });
  private readonly ordinary = new SharedLookUps((ids) => this.look(ids), ORDINARY);
  private readonly suspect = new SharedLookUps((ids) => this.look(ids), SUSPECT);

  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  /** Undefined when the database has to be asked: it does not mean that the token is bad. */
  recall(text: string): Principal | undefined {
    const given = readToken(text);
    return given && principalOf(this.known.get(given.id), given);
  }

  /**
   * Undefined when there is no such token, or none that still counts. A token from an address that guesses is looked up
   * behind all others, unless it was good before.
   */
  async identify(text: string, fromSuspect = false): Promise<Principal | undefined> {
    const given = readToken(text);
    const known = given && (this.known.get(given.id) ?? (await this.ask(given.id, fromSuspect)));
    return given && principalOf(known, given);
  }

  private async ask(id: string, fromSuspect: boolean): Promise<KnownToken | undefined> {
    if (this.unknown.has(id)) {
      return undefined;
    }
    const wasGood = this.known.peek(id, { allowStale: true }) !== undefined;
    return (fromSuspect && !wasGood ? this.suspect : this.ordinary).find(id);
  }

  private async look(ids: readonly string[]): Promise<ReadonlyMap<string, KnownToken>> {
    // Remembered from here on, not from the answer: a token may be revoked in between.
    const start = performance.now();
    const rows = await this.source.query<TokenRow[]>(
      `select token.id, coalesce(token.principal, token.id) as name, token.scopes, token.secret_hash, chain.id as chain_id, chain.name as chain_name
         from access_token token left join chain on chain.id = token.chain_id
        where token.id = any($1) and token.revoked_at is null and token.expires_at > now()`,
      [ids],
    );
    const found = new Map(rows.map((row) => [row.id, toKnownToken(row)]));
    for (const id of ids) {
      const token = found.get(id);
      if (token) {
        this.known.set(id, token, { start });
      } else {
        this.known.delete(id);
        this.unknown.set(id, true, { start });
      }
    }
    return found;
  }
}

/** The secret is compared each time, also when the token is remembered. */
function principalOf(known: KnownToken | undefined, given: GivenToken): Principal | undefined {
  return known && sameHash(known.secretHash, given.secretHash) ? known.principal : undefined;
}

function toKnownToken({ id, name, scopes, secret_hash, chain_id, chain_name }: TokenRow): KnownToken {
  const chain = chain_id === null || chain_name === null ? null : { id: chain_id, name: chain_name };
  return { principal: { name, tokenId: id, scopes, chain }, secretHash: secret_hash };
}

interface KnownToken {
  readonly principal: Principal;
  readonly secretHash: Buffer;
}

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly scopes: Scope[];
  readonly secret_hash: Buffer;
  readonly chain_id: number | null;
  readonly chain_name: string | null;
}
