/** What the model computes with: the default, what it is, and where it is from. */
export const INPUTS = {
  ingestCpuMs: [2.0, 'ms of processor a posted link', 'bench ingest, 50 connections (ADR 0010)'],
  verifyCpuMs: [
    6.0,
    'ms of processor a verification',
    'bench steady, CPU a link less that of ingest, busy machine',
  ],
  readCpuMs: [0.041, 'ms of processor a verdict read', 'bench verdicts, busy machine (ADR 0011)'],
  postgresCpuMs: [
    3.0,
    'ms of processor of PostgreSQL a link',
    "assumption: of the order of the service's own",
  ],
  rowsPerLink: [
    95,
    'rows of link_artifact a link',
    'generator of bench index: median 30 files, one in fifty 2,000',
  ],
  indexBytes: [14_000, 'bytes of PostgreSQL a link', 'bench index, 300,000 links (ADR 0009)'],
  verdictBytes: [5_000, 'bytes of PostgreSQL a stored verdict', 'assumption: 3 steps with explanation'],
  blobBytes: [12_000, 'bytes of a link file', 'generator of bench index, as a Metablock'],
  verificationsPerLink: [1, 'verifications a link', 'a run is verified again after each of its links'],
  readsPerLink: [20, 'verdict reads a link', 'assumption: each image is started some 60 times'],
  blobReadsPerVerification: [3, 'blobs read a verification', 'one a step'],
  jobBytes: [
    250,
    'bytes of Redis a subject under way',
    'assumption: 32 bytes of digest, its generation, BullMQ around them',
  ],
  subjectsUnderWay: [2_000, 'subjects handed out at a time', 'OUT_AT_MOST of the relay'],
  peak: [10, 'times the mean rate at the busiest hour', 'assumption: working hours, and Monday mornings'],
  missRatio: [
    0.3,
    'share of index pages that are not in memory',
    'assumption: memory for a third of the hot part',
  ],
  batch: [10, 'links that share a commit at the peak', 'bench ingest, 10 to 50 connections'],
  load: [0.6, 'share of a core that is planned to be used', 'assumption'],
  shardTb: [2, 'TB that one PostgreSQL may hold', 'assumption: what can be restored in an afternoon'],
  shardIops: [
    12_000,
    'page reads and writes a second of one PostgreSQL',
    'assumption: a usual network volume',
  ],
  years: [1, 'years that are kept', 'argument'],
  s3Put: [
    5.0,
    'dollars a million PUT requests',
    'AWS S3 Standard, us-east-1, list price as of 2025, not looked up since',
  ],
  s3Get: [0.4, 'dollars a million GET requests', 'the same'],
  s3GbMonth: [0.023, 'dollars a GB and month', 'the same, first 50 TB'],
} as const satisfies Record<string, readonly [value: number, meaning: string, source: string]>;

export type Inputs = Readonly<Record<keyof typeof INPUTS, number>>;

export const defaults = Object.fromEntries(
  Object.entries(INPUTS).map(([name, [value]]) => [name, value]),
) as Inputs;
