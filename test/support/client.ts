import { setTimeout as sleep } from 'node:timers/promises';
import type { ExampleChain } from './example-chain.js';
import type { SigningKey } from './supply-chain.js';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** The parsed body; an empty object when there is none or it is not JSON. */
  readonly body: Record<string, unknown>;
}

export interface Call {
  readonly method?: string;
  readonly body?: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the wait for an answer. */
  readonly signal?: AbortSignal;
}

/** What to tell about a link beside its bytes. */
export interface Circumstances {
  readonly chain?: string;
  readonly run?: string;
  readonly attempt?: number;
  readonly subject?: string;
}

/** Whoever holds a token: a CI job, a deploy tool, an operator. */
export class Client {
  constructor(
    readonly url: string,
    readonly token: string | undefined,
  ) {}

  /** The same service asked by somebody with another token, or with none. */
  as(token: string | undefined): Client {
    return new Client(this.url, token);
  }

  async call(path: string, { method = 'GET', body, headers = {}, signal }: Call = {}): Promise<Reply> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(signal ? { signal } : {}),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, bytes, body: parse(bytes) };
  }

  get(path: string): Promise<Reply> {
    return this.call(path);
  }

  post(path: string, body: Uint8Array | string | object, headers?: Call['headers']): Promise<Reply> {
    const raw = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    return this.call(path, { method: 'POST', body: raw, ...(headers ? { headers } : {}) });
  }

  createChain(name: string, ...owners: SigningKey[]): Promise<Reply> {
    const ownerKeys = owners.map((owner) => owner.publicKey);
    return this.post('/chains', { name, ownerKeys, ownerThreshold: owners.length });
  }

  /** A token for a chain, or for every chain; of a principal of its own, unless it is to belong to another. */
  async createToken(
    scopes: readonly string[],
    chain?: string,
    of: { readonly principal?: string; readonly succeeds?: string } = {},
  ): Promise<string> {
    const name = `${scopes.join(' and ')} for ${chain ?? 'every chain'}`;
    const { body } = expectStatus(
      await this.post('/tokens', { name, scopes, ...(chain ? { chain } : {}), ...of }),
      201,
    );
    return String(body.token);
  }

  postLayout(chain: string, layout: Uint8Array): Promise<Reply> {
    return this.post(`/layouts?${query({ chain })}`, layout);
  }

  postLink(link: Uint8Array, circumstances: Circumstances): Promise<Reply> {
    return this.post(`/links?${query(circumstances)}`, link);
  }

  verdict(digest: string, chain?: string): Promise<Reply> {
    return this.get(`/verdicts/${digest}?${query(chain === undefined ? {} : { chain })}`);
  }

  /** Asks until the verdict is the expected one, as a deploy tool would; tells the last answer when it never is. */
  async waitForVerdict(
    digest: string,
    expected: string,
    chain?: string,
    patience = VERDICT_PATIENCE,
  ): Promise<Reply> {
    const deadline = Date.now() + patience;
    for (;;) {
      const reply = await this.verdict(digest, chain);
      if (reply.body.verdict === expected && !isUnderWay(reply)) {
        return reply;
      }
      if (Date.now() > deadline) {
        throw new Error(`no ${expected} for ${digest}: ${reply.status} ${reply.bytes.toString()}`);
      }
      await sleep(20);
    }
  }

  /** An owner sets the chain up: its name, its keys, its layout. */
  async found(name: string, example: ExampleChain): Promise<void> {
    expectStatus(await this.createChain(name, example.owner), 201);
    expectStatus(await this.postLayout(name, example.layout), 201);
  }

  /** CI posts the links of a whole run, one after the other. */
  async postRun(example: ExampleChain, circumstances: Circumstances): Promise<void> {
    for (const link of example.links) {
      expectStatus(await this.postLink(link.bytes, circumstances), 201);
    }
  }
}

const VERDICT_PATIENCE = 20_000;

/** For steps of a story that are not what it is about. */
export function expectStatus(reply: Reply, wanted: number): Reply {
  if (reply.status !== wanted) {
    throw new Error(`expected ${wanted}, got ${reply.status} ${reply.bytes.toString()}`);
  }
  return reply;
}

const UNDER_WAY = ['VERIFICATION_QUEUED', 'LAYOUT_CHANGED', 'RULES_CHANGED'];

/** `pending` because nobody has looked yet, not because something is missing. */
function isUnderWay({ body }: Reply): boolean {
  const codes = (body.findings as { code: string }[]).map(({ code }) => code);
  return codes.some((code) => UNDER_WAY.includes(code));
}

function query(parameters: object): string {
  return new URLSearchParams(Object.entries(parameters)).toString();
}

function parse(bytes: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(bytes.toString()) as Record<string, unknown>;
  } catch {
    return {};
  }
}
