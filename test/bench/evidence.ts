import { parseArgs } from 'node:util';
import { DataSource } from 'typeorm';
import type { NewLink } from '#persistence/links/new-link.js';
import { storeLinks } from '#persistence/links/store-links.js';
import { inTransaction } from '#persistence/transaction.js';
import { EvidenceReader } from '#verification/evidence-reader.js';
import { judge } from '#verification/judge.js';
import { storeManyOf } from '../attacks/store-many.js';
import { type SignedBuild, signedBuild } from './evidence/builds.js';
import { Builds, type GeneratedLink } from './evidence-index/generate.js';
import { percentile, printEnvironment, table, timed } from './report.js';
import { type BenchService, CHAIN, withService } from './service.js';

const { values } = parseArgs({
  options: {
    links: { type: 'string', default: '10000,100000' },
    decoys: { type: 'string', default: '3000' },
    builds: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  },
});
const sizes = values.links.split(',').map(Number);
const [decoys, builds, seed] = [Number(values.decoys), Number(values.builds), Number(values.seed)];

const AT_ONCE = 1_500;
const CHAIN_ID = 1;

interface Row {
  readonly links: number;
  readonly inRun: readonly number[];
  readonly loose: readonly number[];
}

/** What it costs to find and verify the evidence of one build of three steps, while the store around it grows. */
await withService(async (service) => {
  printEnvironment();
  const storeMany = storeManyOf(service.app);
  const looseOnes = Array.from({ length: Math.ceil(decoys / 3) }, (_, i) =>
    signedBuild(service.cast, `decoy ${i}`),
  );
  await storeMany(
    CHAIN,
    looseOnes.flatMap(({ links }) => links.map((bytes) => ({ bytes }))),
  );
  console.log(
    `seed ${seed}; ${decoys} signed decoys without a run, that share all files but one with the builds measured; ` +
      `${builds} builds with a run and as many without, each verified once, from files that were not read before\n`,
  );
  const generator = new Builds(seed);
  const rows: Row[] = [];
  let stored = looseOnes.length * 3;
  for (const size of sizes) {
    for (; stored < size; stored += AT_ONCE)
      await storeNoise(service, generator, Math.min(AT_ONCE, size - stored));
    await service.app.get(DataSource).query('analyze');
    rows.push({ links: size, ...(await measure(service, storeMany, size)) });
  }
  print(rows);
});

async function measure(
  service: BenchService,
  storeMany: ReturnType<typeof storeManyOf>,
  size: number,
): Promise<{ inRun: number[]; loose: number[] }> {
  const named = (kind: string) =>
    Array.from({ length: builds }, (_, i) => signedBuild(service.cast, `${kind} ${i} of ${size}`));
  const [inRun, loose] = [named('run'), named('loose')];
  await storeMany(
    CHAIN,
    inRun.flatMap(({ digest, links }) => links.map((bytes) => ({ bytes, run: `run of ${digest}` }))),
  );
  await storeMany(
    CHAIN,
    loose.flatMap(({ links }) => links.map((bytes) => ({ bytes }))),
  );
  for (const { digest } of inRun) await service.get(`/verdicts/${digest}`);
  await settled(service);
  return { inRun: await timesOf(service, inRun), loose: await timesOf(service, loose) };
}

/** The worker has nothing left to do. */
async function settled(service: BenchService): Promise<void> {
  const source = service.app.get(DataSource);
  for (;;) {
    const [{ left }] = await source.query<[{ left: string }]>(
      'select count(*) as left from verification_mark',
    );
    if (left === '0') return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function timesOf({ app }: BenchService, measured: readonly SignedBuild[]): Promise<number[]> {
  const reader = app.get(EvidenceReader);
  const times: number[] = [];
  for (const { digest } of measured) {
    const subject = Buffer.from(digest.slice('sha256:'.length), 'hex');
    const time = await timed(async () => {
      const at = new Date();
      const gathered = await reader.gather(CHAIN_ID, subject, at);
      const outcome = gathered && judge(gathered.inputs, at).outcome;
      if (outcome !== 'pass') throw new Error(`${digest} is ${outcome}`);
    });
    times.push(time);
  }
  return times;
}

/** Links of other pipelines' runs: in the index alone, since no verification of ours may ever need their bytes. */
async function storeNoise({ app }: BenchService, generator: Builds, count: number): Promise<void> {
  const links: GeneratedLink[] = [];
  while (links.length < count) links.push(...generator.next());
  const noise = links.slice(0, count).map(
    (made): NewLink => ({
      id: made.id,
      statement: made.id,
      step: made.step,
      container: 'metablock',
      keyids: ['k'],
      size: made.materials.length + made.products.length,
      materials: made.materials,
      products: made.products,
      proven: true,
      run: made.run ?? `${made.id.toString('hex')}`,
      attempt: 1,
      declared: undefined,
    }),
  );
  await inTransaction(app.get(DataSource), (tx) => storeLinks(tx, CHAIN_ID, noise));
}

function print(rows: readonly Row[]): void {
  const [first] = rows;
  const columns = (times: readonly number[], before: readonly number[]) => {
    const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)];
    return [p50, p99, p50 / percentile(before, 0.5)];
  };
  table(
    ['links', 'run p50 ms', 'p99 ms', 'growth', 'no run p50 ms', 'p99 ms', 'growth'],
    rows.map(({ links, inRun, loose }) => [
      links.toLocaleString('en-US'),
      ...columns(inRun, first?.inRun ?? inRun),
      ...columns(loose, first?.loose ?? loose),
    ]),
  );
  console.log('\ntargets: p50 < 30 ms, p99 < 100 ms, growth < 1.5 from 10,000 to 1,000,000 links');
}
