import type { FastifyRequest } from 'fastify';
import { admissionOf } from './access.js';
import { Problem } from './problems.js';

/** Whose share it comes out of: a token, and the chain that it posts to. */
export interface Payer {
  readonly chain: string;
  readonly token: string;
}

/** Strangers are one. */
export function payerOf(request: FastifyRequest): Payer {
  const principal = admissionOf(request)?.principal;
  const { chain } = request.query as { readonly chain?: unknown };
  return { chain: principal?.chain?.name ?? String(chain ?? ''), token: principal?.tokenId ?? '' };
}

/** What one request holds. */
export interface Held {
  /** More of the body has come, or has come out of the decompressor. Throws OVERLOADED. */
  charge(bytes: number): void;
  /** The request is over. */
  release(): void;
}

export interface Room {
  readonly bytes: number;
  readonly requests: number;
}

const NOTHING: Room = { bytes: 0, requests: 0 };

/**
 * Bounds the bodies in this process: arriving, waiting, or worked on. Bytes count as they arrive; what a request only
 * announces takes nothing from anybody. Everything that waits inside the process belongs to a request, so nothing in it
 * grows without end.
 *
 * A chain may hold no more than is left for the others, and a token no more than is left of that for its chain's others
 * (a dynamic threshold, as switches share their buffers): one that takes whatever it gets holds a third, two of one
 * chain a fifth each, and there is always room for those who hold little.
 */
export class BodyBudget {
  private all = NOTHING;
  private readonly chains = new Map<string, Room>();
  private readonly tokens = new Map<string, Room>();

  constructor(private readonly room: Room) {}

  /** Throws OVERLOADED. */
  open(payer: Payer): Held {
    this.take(payer, { bytes: 0, requests: 1 });
    let held: Room | undefined = { bytes: 0, requests: 1 };
    return {
      charge: (bytes) => {
        if (held) {
          this.take(payer, { bytes, requests: 0 });
          held = { bytes: held.bytes + bytes, requests: 1 };
        }
      },
      release: () => {
        if (held) this.put(payer, held, -1);
        held = undefined;
      },
    };
  }

  private take(payer: Payer, more: Room): void {
    const fits = (what: keyof Room): boolean => {
      const ofChain = this.chains.get(payer.chain)?.[what] ?? 0;
      const ofToken = this.tokens.get(payer.token)?.[what] ?? 0;
      const leftForChain = this.room[what] - this.all[what] - ofChain;
      return more[what] === 0 || ofToken + more[what] <= leftForChain;
    };
    if (!fits('bytes') || !fits('requests')) {
      throw new Problem('OVERLOADED', { retryAfter: 1 });
    }
    this.put(payer, more, 1);
  }

  private put(payer: Payer, amount: Room, sign: 1 | -1): void {
    this.all = sum(this.all, amount, sign);
    add(this.chains, payer.chain, amount, sign);
    add(this.tokens, payer.token, amount, sign);
  }
}

function add(held: Map<string, Room>, name: string, amount: Room, sign: 1 | -1): void {
  const now = sum(held.get(name) ?? NOTHING, amount, sign);
  if (now.requests === 0) {
    held.delete(name);
  } else {
    held.set(name, now);
  }
}

function sum(a: Room, b: Room, sign: 1 | -1): Room {
  return { bytes: a.bytes + sign * b.bytes, requests: a.requests + sign * b.requests };
}
