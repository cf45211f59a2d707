import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DataSource } from 'typeorm';
import { launchPostgres } from '#platform/postgres/launch.js';
import { EvidenceReader } from '#verification/evidence-reader.js';
import { judge } from '#verification/judge.js';
import { storeManyOf } from '../attacks/store-many.js';
import { type SignedBuild, signedBuild } from './evidence/builds.js';
import { BulkLoad } from './evidence/bulk-load.js';
import { percentile, printEnvironment, table, timed } from './report.js';
import { type BenchService, CHAIN, withScratch, withService } from './service.js';

const { values } = parseArgs({
  options: {
    links: { type: 'string', default: '10000,100000' },
    decoys: { type: 'string', default: '10' },
    builds: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    /** `shared_buffers` of the database, e.g. 1GB; left out, what the embedded one has. */
    buffers: { type: 'string' },
  },
});
const sizes = values.links.split(',').map(Number);
const [share, builds, seed] = [Number(values.decoys), Number(values.builds), Number(values.seed)];

const CHAIN_ID = 1;
const DECOYS_AT_ONCE = 3_000;

interface Row {
  readonly links: number;
  readonly inRun: readonly number[];
  readonly loose: readonly number[];
}

if (values.buffers) {
  const settings = { shared_buffers: values.buffers };
  await withScratch(async (scratch) => {
    const postgres = await launchPostgres({ dataDir: join(scratch, 'postgres'), settings });
    await withService(measureAll, { DATABASE_URL: postgres.url }).finally(() => postgres.stop());
  });
} else {
  await withService(measureAll);
}

/** What it costs to find and verify the evidence of one build of three steps, while the store around it grows. */
async function measureAll(service: BenchService): Promise<void> {
  printEnvironment();
  const storeMany = storeManyOf(service.app);
  console.log(
    `seed ${seed}; of the links ${share} % are signed decoys without a run, that share all files but one with the builds measured; ` +
      `${builds} builds with a run and as many without, each verified once\n`,
  );
  const others = new BulkLoad(service.databaseUrl, CHAIN_ID, seed);
  const rows: Row[] = [];
  let stored = { decoys: 0, others: 0 };
  for (const size of sizes) {
    const wanted = { decoys: Math.round((size * share) / 100), others: 0 };
    wanted.others = size - wanted.decoys;
    const loading = await timed(async () => {
      await storeDecoys(service, storeMany, stored.decoys, wanted.decoys);
      await others.add(wanted.others - stored.others);
    });
    stored = wanted;
    console.log(`${size.toLocaleString('en-US')} links: loaded in ${Math.round(loading / 1_000)} s`);
    rows.push({ links: size, ...(await measure(service, storeMany, size)) });
  }
  print(rows);
}

async function storeDecoys(
  { cast }: BenchService,
  storeMany: ReturnType<typeof storeManyOf>,
  from: number,
  to: number,
): Promise<void> {
  for (let made = from; made < to; made += DECOYS_AT_ONCE) {
    const links = Array.from({ length: Math.ceil(Math.min(DECOYS_AT_ONCE, to - made) / 3) }, (_, i) =>
      signedBuild(cast, `decoy ${made + i * 3}`).links.map((bytes) => ({ bytes })),
    );
    await storeMany(CHAIN, links.flat());
  }
}

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

/** The worker has nothing left to do, and the database has nothing to write back. */
async function settled(service: BenchService): Promise<void> {
  const source = service.app.get(DataSource);
  await source.query('checkpoint');
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
