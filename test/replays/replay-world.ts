import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, expectStatus, type Reply } from '../support/client.js';
import { type ExampleChain, exampleChain } from '../support/example-chain.js';
import { layout, link, sha256Hex, signMetablock } from '../support/supply-chain.js';

const PATIENCE = 90_000;

/** A running installation, in one process or several. */
export interface Target {
  readonly operator: Client;
  /** Where verdicts are asked for, if elsewhere. */
  readonly deployer?: Client;
  query<Row>(sql: string, values?: unknown[]): Promise<Row[]>;
}

/** One chain with several images, each verified, and operators who change their minds about its trust. */
export class ReplayWorld {
  readonly example: ExampleChain;
  readonly digests: string[] = [];

  constructor(
    readonly target: Target,
    readonly chain: string,
  ) {
    this.example = exampleChain({ seed: chain });
  }

  get operator(): Client {
    return this.target.operator;
  }

  get deployer(): Client {
    return this.target.deployer ?? this.operator;
  }

  /** The owner founds the chain; Alice may build images by herself. */
  async found(): Promise<this> {
    expectStatus(await this.operator.createChain(this.chain, this.example.owner), 201);
    expectStatus(await this.operator.postLayout(this.chain, this.layoutBy('alice')), 201);
    return this;
  }

  /** A layout of one step that this functionary performs. */
  layoutBy(name: 'alice' | 'bob', readme = ''): Buffer {
    const policy = layout({ readme }).step('build', { by: this.example.functionaries[name] });
    return signMetablock(policy.toPayload(), this.example.owner);
  }

  /** Images that Alice built, each with a verdict. */
  async images(count: number): Promise<string[]> {
    const digests = await Promise.all(Array.from({ length: count }, () => this.postImage()));
    for (const digest of digests) await this.deployer.waitForVerdict(digest, 'pass', this.chain, PATIENCE);
    return digests;
  }

  async postImage(): Promise<string> {
    const content = `image ${this.digests.length} of ${this.chain}`;
    const digest = `sha256:${sha256Hex(content)}`;
    this.digests.push(digest);
    await this.postBuild(content);
    return digest;
  }

  /** Alice posts what she built; another `attempt` takes the place of the one before. */
  async postBuild(content: string, attempt = 1): Promise<void> {
    const digest = `sha256:${sha256Hex(content)}`;
    const story = { products: { 'image.tar': content }, command: `build, attempt ${attempt}` };
    const built = signMetablock(link('build', story), this.example.functionaries.alice);
    const circumstances = { chain: this.chain, run: digest, subject: digest, attempt };
    expectStatus(await this.operator.postLink(built, circumstances), 201);
  }

  /**
   * As if trust had changed and nobody were verified again for it: from now on another layout is in force, by which
   * nothing of Alice's counts.
   */
  async distrustAlice(readme = ''): Promise<void> {
    const bytes = this.layoutBy('bob', readme);
    expectStatus(await this.operator.postLayout(this.chain, bytes), 201);
    await this.forgetMarks();
  }

  /** What the outbox would do by itself is left to the replay. */
  async forgetMarks(): Promise<void> {
    await this.query(
      'delete from verification_mark where chain_id = (select id from chain where name = $1)',
      [this.chain],
    );
  }

  async plan(request: object = {}, client = this.operator): Promise<Reply> {
    const order = { filter: { chain: this.chain }, reason: 'to see what is left', ...request };
    return expectStatus(await client.post('/replays', order), 201);
  }

  /** Waits until the replay is in the state; tells where it is when it never is. */
  async until(id: string, state: string): Promise<Reply> {
    return untilReplay(this.operator, id, state);
  }

  act(id: string, act: string, body: object = {}, client = this.operator): Promise<Reply> {
    return client.post(`/replays/${id}/${act}`, { reason: `we want to ${act}`, ...body });
  }

  /** The fingerprint of Alice's key. */
  async aliceKey(): Promise<string> {
    const [row] = await this.query<{ key: string }>(
      `select encode(fingerprint, 'hex') as key from trust_key
        where chain_id = (select id from chain where name = $1) and $2 = any(keyids)`,
      [this.chain, this.example.functionaries.alice.keyid],
    );
    return row?.key ?? '';
  }

  /** Alice's key is no longer to be trusted, from this moment. */
  async suspendAlice(): Promise<void> {
    const path = `/keys/${await this.aliceKey()}/suspend?chain=${this.chain}`;
    const reply = await this.operator.post(path, { reason: 'her laptop is gone' });
    if (reply.status >= 300) throw new Error(`${reply.status} ${reply.bytes}`);
  }

  /** Rows of the verdict table, whether they count or not. */
  async storedVerdicts(): Promise<number> {
    const [row] = await this.query<{ count: number }>(
      `select count(*)::integer as count from verdict
        where chain_id = (select id from chain where name = $1)`,
      [this.chain],
    );
    return row?.count ?? 0;
  }

  /** Of each image, as a deploy tool is told. */
  async answers(): Promise<string[]> {
    const replies = await Promise.all(
      this.digests.map((digest) => this.deployer.verdict(digest, this.chain)),
    );
    return replies.map(({ body }) => String(body.verdict));
  }

  query<Row>(sql: string, values?: unknown[]): Promise<Row[]> {
    return this.target.query<Row>(sql, values);
  }
}

export async function untilReplay(operator: Client, id: string, state: string): Promise<Reply> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const reply = expectStatus(await operator.get(`/replays/${id}`), 200);
    if (reply.body.state === state) return reply;
    if (Date.now() > deadline) throw new Error(`replay ${id} is never ${state}: ${reply.bytes.toString()}`);
    await sleep(20);
  }
}
