import { Client, Pool } from 'pg';
import { percentile, timed } from '../report.js';
import { type Builds, type GeneratedLink, type Sample, SHARED_FILE } from './generate.js';
import { take } from './load.js';
import type { Variant } from './variants.js';

const CONNECTIONS = 4;
const BATCH = 50;
const BATCHES = 40;
const SINGLES = 400;
const QUERIES = 200;
const PAGE = 100;
const PER_DIGEST = 10;

export interface Size {
  readonly rows: number;
  readonly heapBytes: number;
  readonly indexBytes: number;
}

export async function sizeOf(client: Client): Promise<Size> {
  const { rows } = await client.query<{ rows: string; heap: string; index: string }>(
    `select (select count(*) from evidence) as rows,
            pg_table_size('evidence') as heap, pg_indexes_size('evidence') as index`,
  );
  const [row] = rows;
  return { rows: Number(row?.rows), heapBytes: Number(row?.heap), indexBytes: Number(row?.index) };
}

export interface Inserts {
  /** Links a second. */
  readonly batched: number;
  readonly single: number;
  /** What a link of a batch adds to the write-ahead log, as whole pages after each checkpoint too. */
  readonly walBytes: number;
}

/** New builds arrive, each transaction of one chain as `storeLinks` makes it. */
export async function measureInserts(
  client: Client,
  url: string,
  variant: Variant,
  builds: Builds,
): Promise<Inserts> {
  const pool = new Pool({ connectionString: url, max: CONNECTIONS });
  try {
    const rate = async (batches: GeneratedLink[][]): Promise<number> => {
      const links = batches.flat().length;
      const next = batches.values();
      const worker = async (): Promise<void> => {
        for (const batch of next) await store(pool, variant, batch);
      };
      return links / ((await timed(() => Promise.all(Array.from({ length: CONNECTIONS }, worker)))) / 1_000);
    };
    const start = await walPosition(client);
    const batched = await rate(batchesOfChains(take(builds, BATCH * BATCHES)));
    const walBytes = ((await walPosition(client)) - start) / (BATCH * BATCHES);
    const single = await rate(take(builds, SINGLES).map((link) => [link]));
    return { batched, single, walBytes };
  } finally {
    await pool.end();
  }
}

async function walPosition(client: Client): Promise<number> {
  const sql = "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as bytes";
  const { rows } = await client.query<{ bytes: string }>(sql);
  return Number(rows[0]?.bytes);
}

function batchesOfChains(links: GeneratedLink[]): GeneratedLink[][] {
  const chains = [...new Set(links.map(({ chainId }) => chainId))];
  return chains.flatMap((chain) => {
    const ofChain = links.filter(({ chainId }) => chainId === chain);
    const count = Math.ceil(ofChain.length / BATCH);
    return Array.from({ length: count }, (_, at) => ofChain.slice(at * BATCH, (at + 1) * BATCH));
  });
}

async function store(pool: Pool, variant: Variant, links: GeneratedLink[]): Promise<void> {
  const client = await pool.connect();
  const ids = links.map(({ id }) => id);
  const chainId = links[0]?.chainId;
  try {
    await client.query('begin');
    await client.query(
      `insert into link (chain_id, id, step, container, keyids, size, proven, loose)
       select $1, id, step, 'dsse', array['k'], 0, true, run is null
         from unnest($2::bytea[], $3::text[], $4::text[]) as new(id, step, run)
        order by id on conflict do nothing returning id, seq, received_at`,
      [chainId, ids, links.map(({ step }) => step), links.map(({ run }) => run)],
    );
    const digests = [links.map(({ materials }) => materials), links.map(({ products }) => products)];
    await client.query(variant.insert, [chainId, ids, ...digests]);
    await client.query(
      `insert into run_link (chain_id, run, link, attempt)
       select $1, run, seq, 1 from unnest($2::text[], $3::bytea[]) as new(run, id)
         join link on link.chain_id = $1 and link.id = new.id
        where run is not null on conflict do nothing`,
      [chainId, links.map(({ run }) => run), ids],
    );
    await client.query('commit');
  } finally {
    client.release();
  }
}

export interface Latencies {
  readonly p50: number;
  readonly p99: number;
}

export interface Queries {
  readonly anchored: Latencies;
  readonly runsOf: Latencies;
  readonly linksWith: Latencies;
  readonly tied: Latencies;
  readonly linksOfRun: Latencies;
}

/** Milliseconds of the hot queries, one at a time, on a connection that has seen them before. */
export async function measureQueries(
  client: Client,
  variant: Variant,
  loaded: readonly Sample[],
): Promise<Queries> {
  const every = Math.max(1, Math.floor(loaded.length / QUERIES));
  const samples = loaded.filter((_, at) => at % every === 0);
  const measure = async (sql: string, parameters: unknown[][]): Promise<Latencies> => {
    for (const values of parameters.slice(0, 5)) await client.query(sql, values);
    const times: number[] = [];
    for (const values of parameters) times.push(await timed(() => client.query(sql, values)));
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  };
  // A subject has five product digests that anchor it; of those that CI uploads, one is there.
  const absent = [1, 2, 3, 4].map((n) => Buffer.alloc(32, n));
  const anchors = samples.map(({ chainId, subject }) => [
    chainId,
    [...absent, subject].map((digest) => variant.key(chainId, digest)),
  ]);
  return {
    anchored: await measure(variant.anchored, anchors),
    runsOf: await measure(variant.runsOf, anchors),
    linksWith: await measure(
      variant.linksWith,
      samples.slice(0, 30).map(() => [1, variant.key(1, SHARED_FILE), PAGE]),
    ),
    tied: await measure(
      variant.tied,
      samples
        .slice(0, 60)
        .map(({ chainId, sources }) => [
          chainId,
          sources.map((digest) => variant.key(chainId, digest)),
          'checkout',
          PER_DIGEST,
        ]),
    ),
    linksOfRun: await measure(
      'select link, seq from run_link where chain_id = $1 and run = $2',
      samples.map(({ chainId, run }) => [chainId, run]),
    ),
  };
}
