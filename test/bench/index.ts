import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { migrate } from '#persistence/migrate.js';
import { launchPostgres } from '#platform/postgres/launch.js';
import type { Settings } from '#platform/postgres/settings.js';
import { measureInserts, type Size, sizeOf } from './evidence-index/inserts.js';
import { loadLinks } from './evidence-index/load.js';
import { measureQueries, type Queries } from './evidence-index/queries.js';
import { type Variant, variants } from './evidence-index/variants.js';
import { figure, printEnvironment, table, timed } from './report.js';
import { withScratch } from './service.js';

const { values: options } = parseArgs({
  options: {
    links: { type: 'string', default: '30000' },
    variants: { type: 'string', default: Object.keys(variants).join(',') },
    seed: { type: 'string', default: '1' },
  },
});

/** Loading is not what is measured: no WAL for what a crash would have us load again. */
const BULK: Settings = {
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '8GB',
  checkpoint_timeout: '1h',
  maintenance_work_mem: '1GB',
};

printEnvironment();
console.log(`seed ${options.seed}; three links a build, one build in fifty with 2,000 files\n`);
const rows: (string | number)[][] = [];
for (const links of options.links.split(',').map(Number)) {
  await withScratch((scratch) => compare(join(scratch, 'postgres'), links));
}
table(
  [
    'links, variant',
    'artifact rows',
    'heap MiB',
    'index MiB',
    'bytes/link',
    'links/s, 50 a tx',
    'links/s, single',
    'WAL KiB/link',
    'anchor ms, p50 / p99',
    'its runs',
    'newest 100 of a hot digest',
    '20 sources, 10 tied each',
    'a run',
  ],
  rows,
);
for (const name of options.variants.split(',')) console.log(`${name}: ${variants[name]?.about}`);

async function compare(dataDir: string, links: number): Promise<void> {
  const builds = await withDatabase(dataDir, BULK, async (client, url) => {
    await migrate(url);
    return loadLinks(client, Number(options.seed), links);
  });
  const samples = [...builds.samples];
  for (const name of options.variants.split(',')) {
    const variant = variants[name];
    if (!variant) throw new Error(`no variant ${name}`);
    const filled = await withDatabase(dataDir, BULK, (client) => timed(() => fill(client, variant)));
    const cells = await withDatabase(dataDir, {}, async (client, url) => {
      const size = await sizeOf(client);
      const inserts = await measureInserts(client, url, variant, builds);
      const queries = await measureQueries(client, variant, samples);
      return [
        ...sizeCells(size, links),
        inserts.batched,
        inserts.single,
        inserts.walBytes / 1024,
        ...queryCells(queries),
      ];
    });
    rows.push([`${figure(links)} ${name}`, ...cells]);
    console.error(`${rows.at(-1)?.join(' | ')}; loaded in ${figure(filled / 1_000)} s`);
  }
}

/** Replaces the variant before this one, and forgets the links that arrived while it was measured. */
async function fill(client: Client, { create, fill, index }: Variant): Promise<void> {
  await client.query(`
    drop table if exists evidence;
    delete from run_link using link where link.seq > (select max(seq) from base) and run_link.link = link.seq;
    delete from link where seq > (select max(seq) from base)`);
  // One transaction, so that the rows need no WAL.
  await client.query(`begin; ${create}; ${fill}; ${index}; commit`);
  await client.query('vacuum analyze');
}

function sizeCells({ rows, heapBytes, indexBytes }: Size, links: number): (string | number)[] {
  const mib = 2 ** 20;
  return [rows, heapBytes / mib, indexBytes / mib, Math.round((heapBytes + indexBytes) / links)];
}

function queryCells({ anchored, runsOf, linksWith, tied, linksOfRun }: Queries): string[] {
  return [anchored, runsOf, linksWith, tied, linksOfRun].map(
    ({ p50, p99 }) => `${figure(p50)} / ${figure(p99)}`,
  );
}

/** The embedded database on this folder, as the service configures it but for these settings. */
async function withDatabase<T>(
  dataDir: string,
  settings: Settings,
  work: (client: Client, url: string) => Promise<T>,
): Promise<T> {
  const postgres = await launchPostgres({ dataDir, settings });
  const client = new Client({ connectionString: postgres.url });
  try {
    await client.connect();
    return await work(client, postgres.url);
  } finally {
    await client.end();
    await postgres.stop();
  }
}
