import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Reply } from '../support/client.js';
import { sha256Hex } from '../support/supply-chain.js';
import type { Job, Pipeline } from './pipelines.js';

/** What the service has promised, and what it said on the way. */
export class Ledger {
  /** By chain and id: an acknowledged link may never be lost. */
  readonly acknowledged = new Map<string, { chain: string; id: string; bytes: Buffer }>();
  /** Pipelines of which every job was acknowledged: their verdicts are known beforehand. */
  readonly completed: Pipeline[] = [];
  /** Pipelines whose CI lost its patience. */
  readonly abandoned: Pipeline[] = [];
  /** Answers that nothing excuses: what was wrong, and a build that was let through and should not have been. */
  readonly surprises: string[] = [];

  constructor(private readonly onSurprise: (what: string) => void) {}

  refused = 0;
  unanswered = 0;

  acknowledge(chain: string, id: unknown, bytes: Buffer): void {
    if (id !== sha256Hex(bytes)) this.surprise(`a link was acknowledged under the id ${id}`);
    this.acknowledged.set(`${chain} ${id}`, { chain, id: String(id), bytes });
  }

  surprise(what: string): void {
    this.surprises.push(what);
    this.onSurprise(what);
  }
}

const REQUEST_MS = 10_000;
/** So long a job insists. */
const PATIENCE_MS = 180_000;

/** A CI system and a deploy tool that do what sane ones do: they repeat what was not answered, or refused for the moment. */
export class Ci {
  private readonly ingest: Client;
  private readonly query: Client;

  constructor(
    urls: { readonly ingest: string; readonly query: string },
    token: string,
    private readonly ledger: Ledger,
  ) {
    this.ingest = new Client(urls.ingest, token);
    this.query = new Client(urls.query, token);
  }

  async play(pipeline: Pipeline): Promise<void> {
    const copies = pipeline.twice ? 2 : 1;
    for (const job of pipeline.jobs) {
      const sent = await Promise.all(Array.from({ length: copies }, () => this.perform(pipeline, job)));
      if (sent.includes(false)) {
        this.ledger.abandoned.push(pipeline);
        return;
      }
    }
    this.ledger.completed.push(pipeline);
    await this.deploy(pipeline);
  }

  /** True when everything in it is acknowledged. */
  private perform(pipeline: Pipeline, job: Job): Promise<boolean> {
    return job.asBatch ? this.postBatch(pipeline, job) : this.postSingly(pipeline, job);
  }

  private async postSingly({ circumstances, chain }: Pipeline, { links }: Job): Promise<boolean> {
    for (const { bytes, attempt } of links) {
      const query = new URLSearchParams(Object.entries({ ...circumstances, attempt: String(attempt) }));
      const reply = await this.insist((signal) =>
        this.ingest.call(`/links?${query}`, { method: 'POST', body: bytes, signal }),
      );
      if (!reply) return false;
      if (reply.status > 201) return this.surprise(`POST /links: ${reply.status} ${reply.bytes}`);
      this.ledger.acknowledge(chain, reply.body.id, bytes);
    }
    return true;
  }

  /** Lines that were refused for the moment are sent again, with those that were not. */
  private async postBatch({ circumstances, chain }: Pipeline, { links }: Job): Promise<boolean> {
    const { run, subject } = circumstances;
    const body = links
      .map(({ bytes, attempt }) =>
        JSON.stringify({
          content: bytes.toString('base64'),
          attempt,
          ...(run === undefined ? {} : { run }),
          ...(subject === undefined ? {} : { subject }),
        }),
      )
      .join('\n');
    const headers = { 'content-type': 'application/x-ndjson' };
    const answers = await this.insist(async (signal) => {
      const reply = await this.ingest.call(`/links/batch?chain=${chain}`, {
        method: 'POST',
        body,
        headers,
        signal,
      });
      return reply.status === 200 && linesOf(reply).some(({ status }) => status === 503)
        ? { ...reply, status: 503 }
        : reply;
    });
    if (!answers) return false;
    const lines = linesOf(answers);
    if (answers.status !== 200 || lines.some(({ status }) => status > 201)) {
      return this.surprise(`POST /links/batch: ${answers.status} ${answers.bytes}`);
    }
    for (const [at, { link }] of lines.entries()) {
      this.ledger.acknowledge(chain, link?.id, links[at]?.bytes ?? Buffer.alloc(0));
    }
    return true;
  }

  /** Asks until there is a decision, not for long; what is never allowed is not allowed for a moment either. */
  private async deploy({ digest, chain, expected }: Pipeline): Promise<void> {
    for (let time = 0; time < 5; time += 1) {
      const reply = await this.insist((signal) =>
        this.query.call(`/verdicts/${digest}?chain=${chain}`, { signal }),
      );
      if (!reply) return;
      if (reply.status > 202) return void this.surprise(`GET /verdicts: ${reply.status} ${reply.bytes}`);
      if (reply.body.allowed === true && expected !== 'pass') {
        this.surprise(`${digest} of ${chain} was allowed, though it is to be ${expected}`);
      }
      if (reply.body.verdict === expected) return;
      await sleep(500);
    }
  }

  private surprise(what: string): false {
    this.ledger.surprise(what);
    return false;
  }

  /** Until there is an answer that means something. Undefined when patience has run out. */
  private async insist(ask: (signal: AbortSignal) => Promise<Reply>): Promise<Reply | undefined> {
    const deadline = Date.now() + PATIENCE_MS;
    for (let wait = 100; Date.now() < deadline; wait = Math.min(2 * wait, 2_000)) {
      const reply = await ask(AbortSignal.timeout(REQUEST_MS)).catch(() => undefined);
      if (reply && reply.status !== 503 && reply.status !== 429) return reply;
      if (reply) this.ledger.refused += 1;
      else this.ledger.unanswered += 1;
      const asked = Number(reply?.headers.get('retry-after') ?? 0) * 1_000;
      await sleep(Math.max(wait, asked) * (0.5 + Math.random()));
    }
    return undefined;
  }
}

interface Line {
  readonly status: number;
  readonly link?: { readonly id: string };
}

function linesOf({ bytes, status }: Reply): Line[] {
  if (status !== 200) return [];
  return bytes
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}
