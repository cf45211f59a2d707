import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { createDataSource } from '#persistence/data-source.js';
import { loadConfig } from '#platform/config.js';
import { MetadataReader } from '#storage/metadata-reader.js';
import { S3BlobStore } from '#storage/s3-blob-store.js';
import { EvidenceReader } from '#verification/evidence-reader.js';
import { judge } from '#verification/judge.js';
import { hexOf } from '../attacks/pipeline.js';
import { Client } from '../support/client.js';
import type { Ledger } from './ci.js';
import type { Installation } from './members.js';
import type { Pipeline } from './pipelines.js';

/** Everything that is wrong, in words. */
export interface Reckoning {
  readonly lost: readonly string[];
  readonly undecided: readonly string[];
  readonly wrong: readonly string[];
  /** Milliseconds from the last acknowledgement to the last verdict. */
  readonly decidedAfter: number;
}

/** A verdict may be late by so much after whatever happened, and after the one before it: a busy machine is not a lost mark. */
const LATE_MS = 60_000;
const AT_ONCE = 16;
/** Answers are kept for a second. */
const STALE_MS = 1_100;

/** Every link that was acknowledged, byte for byte, and every verdict beside one computed from scratch. */
export async function reckon(installation: Installation, ledger: Ledger): Promise<Reckoning> {
  const { environment, urls, token } = installation;
  const config = loadConfig(environment);
  if (config.blobs.kind !== 's3') throw new Error('Chaos is about blobs in S3.');
  const source = await createDataSource(environment.DATABASE_URL ?? '').initialize();
  const store = new S3BlobStore(config.blobs);
  try {
    const service = new Client(urls['query-api'], token);
    const pipelines = [
      ...ledger.completed.map((pipeline) => ({ pipeline, expected: pipeline.expected })),
      ...ledger.abandoned.map((pipeline) => ({ pipeline, expected: undefined })),
    ];
    // A digest becomes known when it is first asked for.
    await each(pipelines, ({ pipeline: { digest, chain } }) =>
      service.verdict(digest, chain).then(() => undefined),
    );
    const start = performance.now();
    const undecided = await waitForVerdicts(source);
    const decidedAfter = performance.now() - start;
    await sleep(STALE_MS);
    const scratch = new Scratch(source, new EvidenceReader(source, new MetadataReader(store)));
    return {
      undecided,
      decidedAfter,
      lost: await each([...ledger.acknowledged.values()], async ({ chain, id, bytes }) => {
        const stored = await service.get(`/links/${id}?chain=${chain}`);
        return stored.bytes.equals(bytes) ? undefined : `link ${id} of ${chain}: ${stored.status}`;
      }),
      wrong: [
        ...ledger.surprises,
        ...(await each(pipelines, ({ pipeline, expected }) => compare(service, scratch, pipeline, expected))),
      ],
    };
  } finally {
    store.close();
    await source.destroy();
  }
}

/** The subjects that are still to be verified when no verdict comes any more. */
async function waitForVerdicts(source: DataSource): Promise<string[]> {
  let deadline = performance.now() + LATE_MS;
  for (let fewest = Number.POSITIVE_INFINITY; ; ) {
    const left = await source.query<{ subject: string; attempts: number }[]>(
      `select encode(subject, 'hex') as subject, attempts from verification_mark`,
    );
    if (left.length === 0) return [];
    if (left.length < fewest) {
      fewest = left.length;
      deadline = performance.now() + LATE_MS;
    }
    if (performance.now() > deadline) {
      return left.map(({ subject, attempts }) => `${subject}, handed out ${attempts} times`);
    }
    await sleep(100);
  }
}

/** The stored verdict, what follows from how the pipeline was made, and what follows from the stored evidence are the same. */
async function compare(
  service: Client,
  scratch: Scratch,
  { name, digest, chain }: Pipeline,
  expected: string | undefined,
): Promise<string | undefined> {
  const { status, body } = await service.verdict(digest, chain);
  const stored = status === 404 ? 'unknown' : String(body.verdict);
  const computed = await scratch.verdict(chain, digest);
  if (stored === computed && (expected ?? stored) === stored) return undefined;
  // Of a pipeline that was given up there may be no link that speaks of the digest.
  if (expected === undefined && stored === 'unknown' && computed === 'pending') return undefined;
  return `${name}, ${digest}: is ${stored}, from scratch ${computed}, made to be ${expected ?? 'given up'}`;
}

/** Judges what is stored, regardless of what was judged before. */
class Scratch {
  constructor(
    private readonly source: DataSource,
    private readonly evidence: EvidenceReader,
  ) {}

  async verdict(chain: string, digest: string): Promise<string> {
    const [row] = await this.source.query<{ id: number }[]>('select id from chain where name = $1', [chain]);
    const now = new Date();
    const gathered = await this.evidence.gather(row?.id ?? 0, Buffer.from(hexOf(digest), 'hex'), now);
    return gathered ? judge(gathered.inputs, now).outcome : 'unknown';
  }
}

/** What `check` says of each, but for those with nothing to say. */
async function each<T>(
  items: readonly T[],
  check: (item: T) => Promise<string | undefined>,
): Promise<string[]> {
  const found: string[] = [];
  const left = [...items];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let item = left.pop(); item !== undefined; item = left.pop()) {
        const said = await check(item).catch(String);
        if (said !== undefined) found.push(said);
      }
    }),
  );
  return found;
}
