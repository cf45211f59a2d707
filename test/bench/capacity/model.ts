import type { Inputs } from './inputs.js';

const SECONDS_A_YEAR = 365 * 86_400;

export interface Capacity {
  readonly linksPerSecond: number;
  readonly peakLinksPerSecond: number;
  readonly peakReadsPerSecond: number;
  /** Cores in use at the peak; each process of ours uses one. */
  readonly ingestProcesses: number;
  readonly workerProcesses: number;
  readonly queryProcesses: number;
  readonly postgresCores: number;
  readonly postgresTb: number;
  readonly commitsPerSecond: number;
  /** Pages of the artifact index that are read, or written back, at the peak. */
  readonly pageReadsPerSecond: number;
  readonly pageWritesPerSecond: number;
  readonly shards: number;
  readonly blobTb: number;
  readonly putsMillions: number;
  readonly getsMillions: number;
  readonly dollarsRequests: number;
  readonly dollarsStorage: number;
  readonly redisMb: number;
  readonly redisJobsPerSecond: number;
}

/** What so many links a year come to. Arithmetic: every figure of ours that goes in was measured, or says that it was not. */
export function capacityFor(linksPerYear: number, given: Inputs): Capacity {
  const linksPerSecond = linksPerYear / SECONDS_A_YEAR;
  const peak = linksPerSecond * given.peak;
  const verifications = peak * given.verificationsPerLink;
  const cores = (perSecond: number, ms: number) => (perSecond * ms) / 1_000 / given.load;
  // No less than two of each, so that one may be restarted.
  const processes = (perSecond: number, ms: number) => Math.max(2, Math.ceil(cores(perSecond, ms)));
  const kept = linksPerYear * given.years;
  const postgresTb = (kept * (given.indexBytes + given.verdictBytes * given.verificationsPerLink)) / 1e12;
  const pageReads = peak * given.rowsPerLink * given.missRatio;
  // A page that had to be fetched is written back before long: nobody else changes it meanwhile.
  const pageWrites = pageReads;
  const blobTb = (kept * given.blobBytes) / 1e12;
  const puts = linksPerYear / 1e6;
  const gets = (linksPerYear * given.verificationsPerLink * given.blobReadsPerVerification) / 1e6;
  return {
    linksPerSecond,
    peakLinksPerSecond: peak,
    peakReadsPerSecond: peak * given.readsPerLink,
    ingestProcesses: processes(peak, given.ingestCpuMs),
    workerProcesses: processes(verifications, given.verifyCpuMs),
    queryProcesses: processes(peak * given.readsPerLink, given.readCpuMs),
    postgresCores: Math.max(2, Math.ceil(cores(peak, given.postgresCpuMs))),
    postgresTb,
    commitsPerSecond: peak / given.batch + verifications,
    pageReadsPerSecond: pageReads,
    pageWritesPerSecond: pageWrites,
    shards: Math.max(
      1,
      Math.ceil(postgresTb / given.shardTb),
      Math.ceil((pageReads + pageWrites) / given.shardIops),
    ),
    blobTb,
    putsMillions: puts,
    getsMillions: gets,
    dollarsRequests: puts * given.s3Put + gets * given.s3Get,
    dollarsStorage: blobTb * 1_000 * given.s3GbMonth * 12,
    redisMb: (given.subjectsUnderWay * given.jobBytes) / 1e6,
    redisJobsPerSecond: verifications,
  };
}

type Row = readonly [what: string, ...figures: string[]];

/** One column for each number of links a year. */
export function capacityRows(years: readonly number[], given: Inputs): Row[] {
  const all = years.map((links) => capacityFor(links, given));
  const row = (what: string, of: (capacity: Capacity) => number, unit = ''): Row => [
    what,
    ...all.map((capacity) => `${short(of(capacity))}${unit}`),
  ];
  return [
    row('links/s, mean', (c) => c.linksPerSecond),
    row('links/s, peak', (c) => c.peakLinksPerSecond),
    row('verdict reads/s, peak', (c) => c.peakReadsPerSecond),
    row('ingest-api processes', (c) => c.ingestProcesses),
    row('verify-worker processes', (c) => c.workerProcesses),
    row('query-api processes', (c) => c.queryProcesses),
    row('PostgreSQL, cores', (c) => c.postgresCores),
    row('PostgreSQL, size', (c) => c.postgresTb, ' TB'),
    row('PostgreSQL, commits/s, peak', (c) => c.commitsPerSecond),
    row('PostgreSQL, pages read/s, peak', (c) => c.pageReadsPerSecond),
    row('PostgreSQL, pages written/s, peak', (c) => c.pageWritesPerSecond),
    row('PostgreSQL, groups of chains', (c) => c.shards),
    row('blobs, size', (c) => c.blobTb, ' TB'),
    row('S3 PUT a year', (c) => c.putsMillions, ' million'),
    row('S3 GET a year', (c) => c.getsMillions, ' million'),
    row('S3 requests a year', (c) => c.dollarsRequests, ' dollars'),
    row('S3 storage a year', (c) => c.dollarsStorage, ' dollars'),
    row('Redis, subjects/s, peak', (c) => c.redisJobsPerSecond),
    row('Redis, memory', (c) => c.redisMb, ' MB'),
  ];
}

function short(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(2);
}
