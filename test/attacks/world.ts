import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonValue } from '#in-toto/index.js';
import type { VectorLink } from '../conformance/vector.js';
import { type Client, expectStatus, type Reply } from '../support/client.js';
import { type LayoutBuilder, type SigningKey, signMetablock } from '../support/supply-chain.js';
import { Build, type BuildOptions, hexOf, owner, policy, type StepName } from './pipeline.js';
import type { Ending } from './scenario.js';

/** A running service, and its database to look into and to age. */
export interface Target {
  readonly operator: Client;
  query<Row>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Indexes many links at once, through the same code as uploads. */
  storeMany(chain: string, links: readonly BulkLink[]): Promise<void>;
  /** How many decoys a flood has. */
  readonly flood: number;
}

export interface BulkLink {
  readonly bytes: Buffer;
  readonly run?: string;
}

export interface Posting {
  readonly run?: string;
  readonly attempt?: number;
  readonly subject?: string;
  /** The name under which the attacker would lay the file into a link directory. */
  readonly file?: string;
}

const PATIENCE = 20_000;

/** One supply chain of a story's own, with those who have something to do with it. */
export class World {
  /** What an in-toto link directory would hold after the story. */
  readonly directory = new Map<string, Buffer>();
  layout: Buffer | undefined;
  owners: readonly SigningKey[] = [owner];

  constructor(
    readonly target: Target,
    readonly chain: string,
  ) {}

  get operator(): Client {
    return this.target.operator;
  }

  /** The owners found the chain and put a layout in force. */
  async found(layout: LayoutBuilder = policy(), settings?: object): Promise<void> {
    expectStatus(await this.operator.createChain(this.chain, ...this.owners), 201);
    if (settings) {
      const path = `/chains/settings?chain=${this.chain}`;
      expectStatus(await this.operator.call(path, { method: 'PUT', body: JSON.stringify(settings) }), 200);
    }
    expectStatus(await this.putInForce(signMetablock(layout.toPayload(), this.owners)), 201);
  }

  async putInForce(layout: Buffer): Promise<Reply> {
    const reply = await this.operator.postLayout(this.chain, layout);
    if (reply.status < 300) this.layout = layout;
    return reply;
  }

  /** Posts a trust root that the service may refuse. */
  offerRoot(root: Buffer): Promise<Reply> {
    return this.operator.post(`/roots?chain=${this.chain}&reason=a+story`, root);
  }

  /** Posts a trust root that the service takes. */
  async acceptRoot(root: Buffer): Promise<void> {
    expectStatus(await this.offerRoot(root), 201);
  }

  /** A build of the pipeline; nothing is posted yet. */
  build(name: string, options?: BuildOptions): Build {
    return new Build(`${this.chain} ${name}`, options);
  }

  /** Posts every link of a build, as its CI would. */
  async postBuild(build: Build, posting: Posting = {}): Promise<void> {
    await this.postSteps(build, ['checkout', 'build', 'scan'], posting);
  }

  async postSteps(build: Build, steps: readonly StepName[], posting: Posting = {}): Promise<void> {
    for (const step of steps) await this.post(build.link(step), posting);
  }

  /** Posts a link that the service takes. */
  async post(link: Buffer, posting: Posting = {}, client = this.operator): Promise<Reply> {
    const reply = await this.offer(link, posting, client);
    if (reply.status >= 300) throw new Error(`not taken: ${reply.status} ${reply.bytes}`);
    return reply;
  }

  /** Posts a link that the service may refuse. */
  async offer(link: Buffer, posting: Posting = {}, client = this.operator): Promise<Reply> {
    const { file, ...circumstances } = posting;
    this.directory.set(file ?? fileNameOf(link), link);
    return client.postLink(link, { chain: this.chain, ...circumstances });
  }

  async postManifest(manifest: Buffer): Promise<void> {
    expectStatus(await this.operator.post(`/subjects/manifests?chain=${this.chain}`, manifest), 200);
  }

  /** Somebody with a token of this chain for these scopes. */
  async holderOf(...scopes: string[]): Promise<Client> {
    return this.operator.as(await this.operator.createToken(scopes, this.chain));
  }

  /** What the digest comes to once nothing is left to verify. */
  async settle(digest: string): Promise<{ ending: Ending; codes: string[] }> {
    await this.operator.verdict(digest, this.chain);
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const [left] = await this.target.query<{ marks: string }>(
        'select count(*) as marks from verification_mark join chain on chain.id = chain_id where chain.name = $1',
        [this.chain],
      );
      if (left?.marks === '0') break;
      if (Date.now() > deadline) throw new Error(`${digest} of ${this.chain} is never decided`);
      await sleep(10);
    }
    return endingOf(await this.newestAnswer(digest));
  }

  /** Answers are kept for a moment: until word of a new verdict comes, at most for a second. */
  private async newestAnswer(digest: string): Promise<Reply> {
    for (;;) {
      const reply = await this.operator.verdict(digest, this.chain);
      const [stored] = await this.target.query<{ at: Date | null }>(
        `select max(evaluated_at) as at from verdict
          where chain_id = (select id from chain where name = $1) and subject = decode($2, 'hex')`,
        [this.chain, hexOf(digest)],
      );
      if (!stored?.at || reply.body.evaluatedAt === stored.at.toISOString()) return reply;
      await sleep(10);
    }
  }

  /** For the middle of a story. */
  async expectPass(digest: string): Promise<void> {
    const { ending, codes } = await this.settle(digest);
    if (ending !== 'pass') throw new Error(`expected pass in between, got ${ending}: ${codes.join(', ')}`);
  }

  /** As if this much time had gone by since the links arrived. */
  async age(seconds: number): Promise<void> {
    for (const table of ['link', 'statement_signer']) {
      await this.target.query(
        `update ${table} set received_at = received_at - make_interval(secs => $2)
          where chain_id = (select id from chain where name = $1)`,
        [this.chain, seconds],
      );
    }
  }

  /** The same files in one directory, for in-toto-verify. */
  asDirectory(): { layout: string; layoutKeys: Record<string, JsonValue>; links: VectorLink[] } | undefined {
    if (!this.layout) return undefined;
    return {
      layout: this.layout.toString(),
      layoutKeys: Object.fromEntries(this.owners.map(({ keyid, publicKey }) => [keyid, publicKey])),
      links: [...this.directory].map(([filename, bytes]) => ({
        filename,
        content_base64: bytes.toString('base64'),
      })),
    };
  }
}

export function endingOf({ status, body }: Reply): { ending: Ending; codes: string[] } {
  if (status === 404 && body.code === 'SUBJECT_UNKNOWN') return { ending: 'unknown', codes: [body.code] };
  if (status >= 400) {
    const errors = (body.errors ?? []) as { code?: string }[];
    return { ending: 'refused', codes: [String(body.code), ...errors.flatMap(({ code }) => code ?? [])] };
  }
  const findings = (body.findings ?? []) as { code: string }[];
  const ending = body.allowed === true ? 'pass' : (body.verdict as Ending);
  return { ending: ending ?? 'pass', codes: findings.map(({ code }) => code) };
}

/** `step.keyid8.link`, by what the file says of itself. */
function fileNameOf(bytes: Buffer): string {
  try {
    const file = JSON.parse(bytes.toString());
    const payload = file.signed ?? JSON.parse(Buffer.from(file.payload, 'base64').toString());
    const step = payload.name ?? payload.predicate?.name;
    return `${step}.${String(file.signatures[0].keyid).slice(0, 8)}.link`;
  } catch {
    return 'unreadable.link';
  }
}
