import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { type SignedBuild, signedBuild } from './evidence/builds.js';
import { BulkLoad } from './evidence/bulk-load.js';
import { syncedWrites } from './load/floor.js';
import { httpLoad, httpRequest, type Load } from './load/http-load.js';
import { benchOptions } from './options.js';
import { figure, printEnvironment, table } from './report.js';
import { type BenchService, CHAIN, withService } from './service.js';

const options = benchOptions('ingest and reads while the store around them grows', {
  links: ['10000,100000,1000000', 'in the chain, of realistic size; a million takes minutes to load'],
  builds: ['200', 'of three links of 30 files, posted and verified at each size'],
  rounds: ['5', 'reads of each of their verdicts, none from the cache'],
  seed: ['1', 'of the links that are loaded'],
});
const BUILDS = Number(options.builds);
const AT_ONCE = 10;
/** Longer than an answer is kept. */
const FORGOTTEN_MS = 1_100;

interface Size {
  readonly links: number;
  readonly syncs: Load;
  readonly uploads: Load;
  readonly reads: Load;
  readonly finds: Load;
  readonly bytesPerLink: number;
}

printEnvironment();
await withService(async (service) => {
  const source = service.app.get(DataSource);
  const [chain] = await source.query<{ id: number }[]>('select id from chain where name = $1', [CHAIN]);
  const bulk = new BulkLoad(service.databaseUrl, chain?.id ?? 0, Number(options.seed));
  await measure(service, 'warm-up', 0);
  const sizes: Size[] = [];
  let loaded = 0;
  for (const links of options.links.split(',').map(Number)) {
    await bulk.add(links - loaded);
    loaded = links;
    sizes.push(await measure(service, `at ${links}`, links));
  }
  report(sizes);
});

async function measure(service: BenchService, name: string, links: number): Promise<Size> {
  const source = service.app.get(DataSource);
  const builds = Array.from({ length: BUILDS }, (_, at) => signedBuild(service.cast, `${name} ${at}`));
  const port = Number(new URL(service.url).port);
  const { authorization } = service;
  const load = (requests: readonly Buffer[], expected: number) =>
    httpLoad({ port, connections: AT_ONCE, total: requests.length, requests }, expected);
  const syncs = await syncedWrites(service.scratch, AT_ONCE, 2_000);
  const uploads = await load(postsOf(builds, name, authorization), 201);
  for (const { digest } of builds) {
    while ((await service.get(`/verdicts/${digest}`)).verdict !== 'pass') await sleep(50);
  }
  const read = builds.map(({ digest }) => httpRequest('GET', `/verdicts/${digest}`, { authorization }));
  const rounds: Load[] = [];
  for (let round = 0; round < Number(options.rounds); round += 1) {
    await sleep(FORGOTTEN_MS);
    rounds.push(await load(read, 200));
  }
  const finds = await load(
    builds.map(({ digest }) => httpRequest('GET', `/links?digest=${digest}`, { authorization })),
    200,
  );
  const [{ bytes }] = await source.query<[{ bytes: string }]>(
    'select pg_database_size(current_database()) as bytes',
  );
  const reads = rounds.sort((a, b) => a.p99 - b.p99)[Math.floor(rounds.length / 2)] ?? finds;
  return { links, syncs, uploads, reads, finds, bytesPerLink: Number(bytes) / links };
}

/** Links of several builds side by side, as pipelines run, each build's in their order. */
function postsOf(builds: readonly SignedBuild[], name: string, authorization: string): Buffer[] {
  const headers = { authorization, 'content-type': 'application/json' };
  return [0, 1, 2].flatMap((step) =>
    builds.map(({ digest, links }, at) =>
      httpRequest(
        'POST',
        `/links?run=${encodeURIComponent(`${name} ${at}`)}&subject=${digest}`,
        headers,
        links[step],
      ),
    ),
  );
}

function report(sizes: readonly Size[]): void {
  table(
    [
      'links in the store',
      'fdatasync/s',
      'uploads/s',
      'p99 ms',
      'verdict reads/s',
      'p99 ms',
      'finds by digest/s',
      'p99 ms',
      'bytes a link',
    ],
    sizes.map(({ links, syncs, uploads, reads, finds, bytesPerLink }) => [
      figure(links),
      syncs.perSecond,
      uploads.perSecond,
      uploads.p99,
      reads.perSecond,
      reads.p99,
      finds.perSecond,
      finds.p99,
      bytesPerLink,
    ]),
  );
  const [first, last] = [sizes[0], sizes.at(-1)];
  if (first && last && first !== last) {
    console.log(
      `\nfrom ${figure(first.links)} to ${figure(last.links)} links: uploads ${figure(first.uploads.perSecond / last.uploads.perSecond)} ` +
        `times slower, p99 of verdict reads ${figure(last.reads.p99 / first.reads.p99)} times longer; target: less than 1.3 each`,
    );
    console.log("bytes a link are those of the whole database; for Archivista's, see bench archivista");
  }
}
