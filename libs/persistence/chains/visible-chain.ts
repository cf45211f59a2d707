import { LRUCache } from 'lru-cache';
import type { Principal } from '#platform/access.js';
import { Problem } from '#platform/problems.js';
import type { Reader } from '../transaction.js';

export interface ChainName {
  readonly id: number;
  readonly name: string;
}

/**
 * The chain that a request means: `?chain=` when given, else the one that the token is bound to. A chain that the token
 * may not see and a chain that does not exist give the same answer.
 */
export async function visibleChain(
  reader: Reader,
  caller: Principal,
  requested: string | undefined,
): Promise<ChainName> {
  if (caller.chain) {
    if (requested !== undefined && requested !== caller.chain.name) {
      throw new Problem('CHAIN_UNKNOWN');
    }
    return caller.chain;
  }
  if (requested === undefined) {
    throw new Problem('CHAIN_REQUIRED');
  }
  const chain = known.get(reader)?.get(requested) ?? (await look(reader, requested));
  if (!chain) {
    throw new Problem('CHAIN_UNKNOWN');
  }
  return chain;
}

/** By database. A chain is never renamed nor deleted, so what was found once stays true. */
const known = new WeakMap<Reader, LRUCache<string, ChainName>>();
const CHAINS_KNOWN = 10_000;

async function look(reader: Reader, name: string): Promise<ChainName | undefined> {
  const [chain] = await reader.query<ChainName[]>('select id, name from chain where name = $1', [name]);
  if (chain) {
    const ofReader = known.get(reader) ?? new LRUCache({ max: CHAINS_KNOWN });
    known.set(reader, ofReader.set(name, chain));
  }
  return chain;
}
