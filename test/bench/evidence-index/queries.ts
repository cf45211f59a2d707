import type { Client } from 'pg';
import { percentile, timed } from '../report.js';
import { type Sample, SHARED_FILE } from './generate.js';
import type { Variant } from './variants.js';

const QUERIES = 200;
const PAGE = 100;
const PER_DIGEST = 10;

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
