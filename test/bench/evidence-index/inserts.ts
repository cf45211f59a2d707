import { Client, Pool } from 'pg';
import { timed } from '../report.js';
import type { Builds, GeneratedLink } from './generate.js';
import { take } from './load.js';
import type { Variant } from './variants.js';

const CONNECTIONS = 4;
const BATCH = 50;
const BATCHES = 40;
const SINGLES = 400;

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
      `insert into link (chain_id, id, statement, step, container, keyids, size, proven, loose)
       select $1, id, id, step, 'dsse', array['k'], 0, true, run is null
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
